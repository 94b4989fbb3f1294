#include "support/daemon_process.hpp"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/failure_bound.hpp"

namespace integrityd::test {

namespace {

constexpr int bound_ms = std::chrono::milliseconds(failure_bound).count();

UniqueFd notify_socket(const std::string& path) {
    UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    std::filesystem::remove(path);
    if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) throw std::runtime_error(path);
    return fd;
}

std::string program() {
    const char* named = std::getenv("INTEGRITYD");
    if (named == nullptr) throw std::runtime_error("INTEGRITYD does not name the daemon");
    return named;
}

}  // namespace

DaemonProcess::DaemonProcess(const TemporaryDirectory& directory, std::string bus)
    : directory_(directory), bus_(std::move(bus)), notify_(notify_socket(directory / "notify")) {
    std::filesystem::create_directories(state_dir());
    std::filesystem::create_directories(runtime_dir());
}

DaemonProcess::~DaemonProcess() {
    if (pid_ <= 0) return;
    send(SIGKILL);
    (void)waitpid(pid_, nullptr, 0);
}

void DaemonProcess::write_config(const std::string& config) const {
    std::ofstream file(config_file(), std::ios::trunc);
    file << "[daemon]\nstate_dir = \"" << state_dir() << "\"\nruntime_dir = \"" << runtime_dir() << "\"\n" << config;
    // The host's own audit is nothing of a test's.
    if (config.find("[audit]") == std::string::npos) file << "[audit]\nenabled = false\n";
}

void DaemonProcess::run_as(uid_t user) {
    const std::string number = std::to_string(user);
    for (const std::string& path : {state_dir(), runtime_dir(), directory_ / "notify"}) {
        if (chown(path.c_str(), user, user) != 0) throw std::runtime_error(path);
    }
    std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
    runner_ = {"/usr/bin/setpriv", "--reuid=" + number, "--regid=" + number, "--clear-groups", "--bounding-set=-all"};
}

void DaemonProcess::spawn(const std::vector<std::string>& arguments) {
    std::vector<std::string> words = runner_;
    words.push_back(program());
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> variables = {"NOTIFY_SOCKET=" + (directory_ / "notify"),
                                          "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DBUS_SYSTEM_BUS_ADDRESS=" + bus_};
    for (const char* passed : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"}) {
        if (const char* value = std::getenv(passed)) variables.push_back(std::string(passed) + "=" + value);
    }
    std::vector<char*> argv;
    std::vector<char*> environment;
    for (auto& word : words)
        argv.push_back(word.data());
    for (auto& variable : variables)
        environment.push_back(variable.data());
    argv.push_back(nullptr);
    environment.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const std::string errors = directory_ / "stderr";
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int failure = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) throw std::runtime_error(words[0] + ": " + std::strerror(failure));
}

bool DaemonProcess::start() {
    spawn({"--config", config_file()});
    return wait_for_notice("READY=1");
}

int DaemonProcess::run_to_end(const std::vector<std::string>& arguments) {
    spawn(arguments);
    return wait();
}

bool DaemonProcess::wait_for_notice(const std::string& line) {
    const UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
    const auto late = std::chrono::steady_clock::now() + std::chrono::milliseconds(bound_ms);
    for (;;) {
        pollfd waits[] = {{notify_.get(), POLLIN, 0}, {process.get(), POLLIN, 0}};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(late - std::chrono::steady_clock::now());
        if (left.count() <= 0 || poll(waits, 2, static_cast<int>(left.count())) <= 0) return false;
        if ((waits[0].revents & POLLIN) == 0) return false;
        char text[8192];
        const ssize_t size = recv(notify_.get(), text, sizeof text, 0);
        std::istringstream lines(std::string(text, size > 0 ? static_cast<std::size_t>(size) : 0));
        for (std::string told; std::getline(lines, told);) {
            if (told.starts_with(line)) return true;
        }
    }
}

void DaemonProcess::send(int signal) const {
    (void)kill(pid_, signal);
}

int DaemonProcess::wait() {
    const UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
    pollfd ended{process.get(), POLLIN, 0};
    if (poll(&ended, 1, bound_ms) <= 0) send(SIGKILL);
    int status = 0;
    (void)waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
}

bool DaemonProcess::stop() {
    send(SIGTERM);
    const int status = wait();
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string DaemonProcess::errors() const {
    std::ifstream file(directory_ / "stderr");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace integrityd::test
