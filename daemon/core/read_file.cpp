#include "core/read_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/escape.hpp"

namespace integrityd {

namespace {

constexpr std::size_t piece = 64U << 10;
constexpr std::size_t longest_path_shown = 400;

std::string size_text(std::size_t bytes) {
    constexpr std::size_t mebibyte = 1U << 20;
    return bytes % mebibyte == 0 ? std::to_string(bytes / mebibyte) + " MiB" : std::to_string(bytes) + " bytes";
}

}  // namespace

Result<std::string> read_whole(const UniqueFd& file, std::size_t most) {
    std::string bytes;
    for (std::size_t have = 0;;) {
        bytes.resize(have + piece);
        const ssize_t got = pread(file.get(), bytes.data() + have, piece, static_cast<off_t>(have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return Error{std::string("cannot be read: ") + std::strerror(errno), errno};
        have += static_cast<std::size_t>(got);
        if (have > most) return Error{"is larger than " + size_text(most), EFBIG};
        bytes.resize(have);
        if (got == 0) return bytes;
    }
}

Result<std::string> read_file(const std::string& path, std::size_t most) {
    const auto failed = [&](const std::string& why, int code) {
        return Error{escape_cut(path, longest_path_shown) + ": " + why, code};
    };
    const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat status = {};
    if (!file || fstat(file.get(), &status) != 0) return failed(std::strerror(errno), errno);
    if (!S_ISREG(status.st_mode)) return failed("is not a regular file", EINVAL);
    auto bytes = read_whole(file, most);
    if (!bytes) return failed(bytes.error().message, bytes.error().code);
    return bytes;
}

}  // namespace integrityd
