#include "support/bus_client.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdarg>
#include <fcntl.h>
#include <grp.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

#include "support/failure_bound.hpp"

namespace integrityd::test {

namespace {

constexpr char kReady = 'R';

void become(const Identity& who) {
    if (::setgroups(who.gids.size(), who.gids.data()) != 0 || ::setresgid(who.gids[0], who.gids[0], who.gids[0]) != 0 ||
        ::setresuid(who.uid, who.uid, who.uid) != 0) {
        throw std::runtime_error("cannot become the user");
    }
}

void write_all(int fd, const std::string& text) {
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t now = ::write(fd, text.data() + written, text.size() - written);
        if (now <= 0) _exit(3);
        written += static_cast<std::size_t>(now);
    }
}

[[noreturn]] void run_client(const std::optional<Identity>& who, const BusClient::Work& work, int from_test,
                             int to_test) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::string result;
    BusClient::Side side(from_test, to_test);
    try {
        if (who) become(*who);
        result = work(side);
    } catch (const std::exception& error) {
        result = std::string("exception: ") + error.what();
    }
    write_all(to_test, result);
    _exit(0);
}

}  // namespace

bool run_until(SdEventLoop& loop, const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + failure_bound;
    while (!done()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        loop.run_once(failure_bound);
    }
    return true;
}

sd_bus* BusClient::Side::bus() {
    if (bus_ == nullptr && sd_bus_open_system(&bus_) < 0) throw std::runtime_error("no bus");
    return bus_;
}

void BusClient::Side::ready() {
    write_all(to_test_, std::string(1, kReady));
}

void BusClient::Side::wait_go() {
    char byte = 0;
    if (::read(from_test_, &byte, 1) != 1) throw std::runtime_error("the test has gone");
}

BusClient::BusClient(SdEventLoop& loop, const std::optional<Identity>& who, const Work& work) : loop_(loop) {
    std::array<int, 2> up{};
    std::array<int, 2> down{};
    if (::pipe2(up.data(), O_CLOEXEC) != 0 || ::pipe2(down.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
        ::close(up[0]);
        ::close(down[1]);
        run_client(who, work, down[0], up[1]);
    }
    ::close(up[1]);
    ::close(down[0]);
    from_client_.reset(up[0]);
    to_client_.reset(down[1]);
    io_ = loop.add_io(from_client_.get(), EPOLLIN, [this](std::uint32_t) { read_more(); });
}

BusClient::~BusClient() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

void BusClient::read_more() {
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(from_client_.get(), buffer.data(), buffer.size());
    if (got > 0) {
        text_.append(buffer.data(), static_cast<std::size_t>(got));
        return;
    }
    ended_ = true;
    io_.reset();
}

void BusClient::wait_ready() {
    if (!run_until(loop_, [this] { return ended_ || !text_.empty(); }) || text_.substr(0, 1) != "R")
        throw std::runtime_error("the client did not get ready: " + text_);
    text_.erase(0, 1);
}

void BusClient::go() {
    write_all(to_client_.get(), "g");
}

std::string BusClient::result() {
    if (!run_until(loop_, [this] { return ended_; })) return "the client did not end";
    return text_;
}

std::string short_error(const std::string& name) {
    return name.substr(name.rfind('.') + 1);
}

std::string call_manager(sd_bus* bus, const char* member, const char* types, ...) {
    sd_bus_error error{};
    va_list arguments;
    va_start(arguments, types);
    const int result =
        sd_bus_call_methodv(bus, "org.cip_project.Integrity1", "/org/cip_project/Integrity1",
                            "org.cip_project.Integrity1.Manager", member, &error, nullptr, types, arguments);
    va_end(arguments);
    const std::string said = result >= 0 ? "ok" : short_error(error.name != nullptr ? error.name : "?");
    sd_bus_error_free(&error);
    return said;
}

}  // namespace integrityd::test
