#include "support/aide_unit.hpp"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace integrityd::test {

namespace {

std::string program(const char* variable) {
    const char* const path = std::getenv(variable);
    if (path == nullptr) throw std::runtime_error(std::string(variable) + " names no program");
    return path;
}

UniqueFd listen_at(const std::string& path) {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const auto* const where = reinterpret_cast<const sockaddr*>(&address);
    if (::bind(fd.get(), where, sizeof address) != 0 || ::listen(fd.get(), 8) != 0) throw std::runtime_error(path);
    return fd;
}

}  // namespace

AideUnit::AideUnit(const TemporaryDirectory& directory, const AideTree& tree, const std::vector<std::string>& options,
                   const std::string& as)
    : client_(directory / "aide-check"),
      command_{program("INTEGRITYD_AIDE_RUN"), "--config", tree.config(), "--database", tree.database()},
      listener_(listen_at(directory / "aide.sock")) {
    command_.insert(command_.end(), options.begin(), options.end());
    std::ofstream(client_) << "#!/bin/sh\nword=${1:-check}\n"
                           << "[ ! -x " << client_ << ".$word ] || " << client_ << ".$word\n"
                           << as << " " << program("INTEGRITYD_AIDE_CHECK") << " \"$word\" "
                           << (directory / "aide.sock") << "\n";
    if (::chmod(client_.c_str(), 0755) != 0) throw std::runtime_error(client_);
    server_ = std::thread([this] { serve(); });
}

AideUnit::~AideUnit() {
    over_ = true;
    (void)::shutdown(listener_.get(), SHUT_RDWR);
    server_.join();
}

void AideUnit::before(const std::string& word, const std::string& command) const {
    const std::string path = client_ + "." + word;
    if (command.empty()) {
        (void)::unlink(path.c_str());
        return;
    }
    std::ofstream(path) << "#!/bin/sh\n" << command << "\n";
    if (::chmod(path.c_str(), 0755) != 0) throw std::runtime_error(path);
}

// One after the other; the unit's two at a time make no difference here.
void AideUnit::serve() {
    std::vector<char*> arguments;
    for (auto& argument : command_)
        arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    while (!over_) {
        const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!client) continue;
        const pid_t child = ::fork();
        if (child == 0) {
            ::dup2(client.get(), STDIN_FILENO);
            ::execv(arguments.front(), arguments.data());
            ::_exit(127);
        }
        (void)::waitpid(child, nullptr, 0);
    }
}

}  // namespace integrityd::test
