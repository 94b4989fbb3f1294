#include "ctl.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "ctl/json.hpp"
#include "ctl/text.hpp"
#include "support/failure_bound.hpp"

namespace integrityd::test {

namespace {

constexpr int bound_ms = std::chrono::milliseconds(failure_bound).count();

[[noreturn]] void become_ctl(const Words& words) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setenv("TZ", "UTC0", 1);
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
    std::vector<char*> arguments = {const_cast<char*>("integrityctl")};
    for (const auto& word : words)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(INTEGRITYCTL, arguments.data());
    ::_exit(127);
}

std::array<int, 2> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    return ends;
}

}  // namespace

Ctl::Ctl(FakeManager* manager, const Words& words, Seat seat) : manager_(manager) {
    if (seat == Seat::terminal) {
        const winsize size{.ws_row = 25, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
        pid_ = ::forkpty(&out_, nullptr, nullptr, &size);
        if (pid_ == 0) become_ctl(words);
        input_ = ::dup(out_);
        return;
    }
    const auto in = make_pipe();
    const auto out_pipe = make_pipe();
    const auto error_pipe = make_pipe();
    pid_ = ::fork();
    if (pid_ == 0) {
        ::dup2(in[0], STDIN_FILENO);
        ::dup2(out_pipe[1], STDOUT_FILENO);
        ::dup2(error_pipe[1], STDERR_FILENO);
        become_ctl(words);
    }
    for (const int end : {in[0], out_pipe[1], error_pipe[1]})
        ::close(end);
    input_ = in[1];
    out_ = out_pipe[0];
    error_ = error_pipe[0];
}

Ctl::~Ctl() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    for (const int fd : {input_, out_, error_}) {
        if (fd >= 0) ::close(fd);
    }
}

// What is there now; a terminal whose last user has gone answers EIO.
void Ctl::take(int& fd, std::string& to) const {
    std::array<char, 65536> buffer{};
    const ssize_t size = ::read(fd, buffer.data(), buffer.size());
    if (size > 0) {
        to.append(buffer.data(), static_cast<std::size_t>(size));
        return;
    }
    ::close(fd);
    fd = -1;
}

// False: it has nothing more to say.
bool Ctl::step() {
    if (manager_ != nullptr) manager_->dispatch();
    if (out_ < 0 && error_ < 0) return false;
    const int bus = manager_ != nullptr ? sd_bus_get_fd(manager_->bus()) : -1;
    std::array<pollfd, 3> waited = {pollfd{out_, POLLIN, 0}, pollfd{error_, POLLIN, 0}, pollfd{bus, POLLIN, 0}};
    if (::poll(waited.data(), waited.size(), bound_ms) <= 0) throw std::runtime_error("integrityctl hangs: " + out);
    if (waited[0].revents != 0) take(out_, out);
    if (waited[1].revents != 0) take(error_, error);
    return true;
}

bool Ctl::until(const std::string& text) {
    const auto said = [&] { return out.find(text) != std::string::npos || error.find(text) != std::string::npos; };
    while (!said()) {
        if (!step()) return false;
    }
    return true;
}

int Ctl::end() {
    while (step()) {
    }
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_) throw std::runtime_error("waitpid");
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void Ctl::interrupt() const {
    ::kill(pid_, SIGINT);
}

void Ctl::type(const std::string& text) const {
    if (::write(input_, text.data(), text.size()) < 0) throw std::runtime_error("write");
}

void Ctl::close_input() {
    ::close(input_);
    input_ = -1;
}

void Ctl::close_output() {
    ::close(out_);
    out_ = -1;
}

Ran run_ctl(FakeManager* manager, const Words& words, const std::string& input) {
    Ctl ctl(manager, words);
    ctl.type(input);
    ctl.close_input();
    const int code = ctl.end();
    return {code, ctl.out, ctl.error};
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream from(text);
    for (std::string line; std::getline(from, line);)
        lines.push_back(line);
    return lines;
}

std::map<std::string, std::string> json_of(const std::string& line) {
    std::map<std::string, std::string> members;
    INFO(line);
    for (const auto& [path, value] : integrityctl::flatten(line))
        members[path] = value;
    REQUIRE(!members.empty());
    return members;
}

std::size_t widest_line(const std::string& text) {
    std::size_t widest = 0;
    for (const auto& line : lines_of(text))
        widest = std::max(widest, integrityctl::columns(line));
    return widest;
}

sd_bus_message* answer_text(sd_bus_message* call, const std::string& text) {
    sd_bus_message* reply = nullptr;
    REQUIRE(sd_bus_message_new_method_return(call, &reply) >= 0);
    REQUIRE(sd_bus_message_append(reply, "s", text.c_str()) >= 0);
    return reply;
}

sd_bus_message* refuse(sd_bus_message* call, const char* name, const char* text) {
    sd_bus_message* reply = nullptr;
    REQUIRE(sd_bus_message_new_method_errorf(call, &reply, name, "%s", text) >= 0);
    return reply;
}

}  // namespace integrityd::test
