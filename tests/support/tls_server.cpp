#include "support/tls_server.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace integrityd::test {

namespace {

std::string read_line(int fd) {
    std::string line;
    char byte = 0;
    while (::read(fd, &byte, 1) == 1 && byte != '\n')
        line.push_back(byte);
    return line;
}

void become_server(int output, const std::vector<std::string>& words) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::vector<char*> argv;
    for (const auto& word : words)
        argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(null, STDIN_FILENO);
    ::dup2(null, STDERR_FILENO);
    ::dup2(output, STDOUT_FILENO);
    // What a test says of the configuration is for the client.
    ::setenv("OPENSSL_CONF", "/dev/null", 1);
    ::execvp(argv[0], argv.data());
    _exit(127);
}

}  // namespace

bool have_openssl() {
    return ::access("/usr/bin/openssl", X_OK) == 0;
}

TlsServer::TlsServer(const TlsFiles& files, const std::vector<std::string>& options) {
    serve(files, options);
}

void TlsServer::serve(const TlsFiles& files, const std::vector<std::string>& options) {
    stop();
    std::vector<std::string> words = {"openssl", "s_server", "-accept",         "127.0.0.1:" + std::to_string(port_),
                                      "-www",    "-cert",    files.certificate, "-key",
                                      files.key};
    if (!files.chain.empty()) words.insert(words.end(), {"-cert_chain", files.chain});
    words.insert(words.end(), options.begin(), options.end());
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ == 0) become_server(ends[1], words);
    ::close(ends[1]);
    output_ = ends[0];
    std::string line;
    do
        line = read_line(output_);
    while (!line.empty() && !line.starts_with("ACCEPT"));
    if (line.empty()) throw std::runtime_error("openssl s_server does not start");
    const std::size_t colon = line.rfind(':');
    if (colon != std::string::npos) port_ = static_cast<unsigned>(std::atoi(line.c_str() + colon + 1));
}

void TlsServer::stop() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(output_);
    pid_ = -1;
}

TlsServer::~TlsServer() {
    stop();
}

}  // namespace integrityd::test
