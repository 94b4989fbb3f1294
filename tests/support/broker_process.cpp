#include "support/broker_process.hpp"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace integrityd::test {

namespace {

UniqueFd listen_at(const std::string& path, uid_t client) {
    UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const auto* const where = reinterpret_cast<const sockaddr*>(&address);
    if (::bind(fd.get(), where, sizeof address) != 0 || ::listen(fd.get(), 8) != 0) throw std::runtime_error(path);
    if (::chmod(path.c_str(), 0600) != 0 || ::chown(path.c_str(), client, client) != 0) throw std::runtime_error(path);
    return fd;
}

// After fork: the listener is descriptor 3, and the environment says so.
[[noreturn]] void become_broker(const char* program, int listener, const std::string& config,
                                const std::string& client) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (listener == 3)
        ::fcntl(3, F_SETFD, 0);
    else
        ::dup2(listener, 3);
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::execlp("setpriv", "setpriv", "--bounding-set=-all,+dac_read_search,+audit_read,+audit_control", "--inh-caps=-all",
             "--no-new-privs", program, "--config", config.c_str(), "--client", client.c_str(), nullptr);
    ::_exit(127);
}

}  // namespace

BrokerProcess::BrokerProcess(std::string socket, std::string config, uid_t client)
    : socket_path_(std::move(socket)), config_(std::move(config)), client_(client) {
    start();
}

BrokerProcess::~BrokerProcess() {
    stop();
}

void BrokerProcess::start() {
    const char* const program = std::getenv("INTEGRITYD_BROKER");
    if (program == nullptr) throw std::runtime_error("INTEGRITYD_BROKER does not name the broker");
    listener_ = listen_at(socket_path_, client_);
    pid_ = ::fork();
    if (pid_ == 0) become_broker(program, listener_.get(), config_, std::to_string(client_));
}

void BrokerProcess::stop() {
    if (pid_ <= 0) return;
    (void)::kill(pid_, SIGKILL);
    (void)::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    listener_.reset();
    std::filesystem::remove(socket_path_);
}

}  // namespace integrityd::test
