// Asks integrityd-broker as somebody who has taken over the daemon would: one request, then messages in hex digits.
// Prints for each answer its status (0 or an errno value), "closed" when none comes.
//
//   broker "command tpm" 80010000000a00000181
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

namespace {

std::string bytes_of(const char* hex) {
    std::string bytes;
    unsigned octet = 0;
    for (int read = 0; std::sscanf(hex, "%2x%n", &octet, &read) == 1; hex += read)
        bytes += static_cast<char>(octet);
    return bytes;
}

int connect_to(const char* path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    const timeval patience{20, 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? fd : -1;
}

void ask(int fd, const std::string& message) {
    std::uint32_t answer[2048] = {};
    const bool sent = send(fd, message.data(), message.size(), MSG_NOSIGNAL) >= 0;
    if (sent && recv(fd, answer, sizeof answer, 0) >= 8)
        std::printf("%u\n", answer[0]);
    else
        std::puts("closed");
}

}  // namespace

int main(int argc, char** argv) {
    const int fd = connect_to("/run/integrityd-broker/socket");
    if (fd < 0 || argc < 2) {
        std::perror("broker");
        return 1;
    }
    ask(fd, argv[1]);
    for (int i = 2; i < argc; ++i)
        ask(fd, bytes_of(argv[i]));
    return 0;
}
