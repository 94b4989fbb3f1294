// A recipient of type `unix`, as a control room's agent would be: takes one connection after the other on the socket
// that it is given, and writes to standard output what comes.
#include <cstdio>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char** argv) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (argc != 2 || std::strlen(argv[1]) >= sizeof(address.sun_path)) {
        (void)std::fputs("usage: listen SOCKET\n", stderr);
        return 2;
    }
    std::strcpy(address.sun_path, argv[1]);
    (void)unlink(argv[1]);
    const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 || listen(server, 4) != 0 ||
        chmod(argv[1], 0666) != 0) {
        std::perror(argv[1]);
        return 1;
    }
    for (int client = -1; (client = accept(server, nullptr, nullptr)) >= 0; close(client)) {
        char data[4096];
        for (ssize_t size = 0; (size = read(client, data, sizeof(data))) > 0;)
            if (write(STDOUT_FILENO, data, static_cast<std::size_t>(size)) != size) return 1;
    }
    std::perror("accept");
    return 1;
}
