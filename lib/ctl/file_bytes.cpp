#include "file_bytes.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include <integrity/integrity.hpp>

namespace integrityctl {

namespace {

[[noreturn]] void fail(const std::string& path, int code) {
    throw integrity::Error(-code, path + ": " + std::strerror(code));
}

std::string read_to_end(int fd, const std::string& path, std::size_t most) {
    std::string out;
    std::array<char, 1U << 16> block;
    for (;;) {
        const ssize_t got = read(fd, block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(path, errno);
        if (got == 0) return out;
        out.append(block.data(), static_cast<std::size_t>(got));
        if (out.size() > most) fail(path, EFBIG);
    }
}

}  // namespace

std::string file_bytes(const std::string& path, std::size_t most) {
    if (path == "-") return read_to_end(STDIN_FILENO, path, most);
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(path, errno);
    try {
        std::string bytes = read_to_end(fd, path, most);
        (void)close(fd);
        return bytes;
    } catch (...) {
        (void)close(fd);
        throw;
    }
}

}  // namespace integrityctl
