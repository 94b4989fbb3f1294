#include "sources/gzip_text.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <string>
#include <unistd.h>
#include <zlib.h>

namespace integrityd {

namespace {

constexpr std::size_t chunk_size = 64U << 10;

struct Closer {
    void operator()(gzFile file) const { (void)gzclose_r(file); }
};
using GzFile = std::unique_ptr<gzFile_s, Closer>;

}  // namespace

Result<std::uint64_t> read_gzip_text(int fd, std::uint64_t limit, const std::function<void(std::string_view)>& take) {
    const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0) return Error{std::strerror(errno), errno};
    const GzFile file(gzdopen(own, "r"));
    if (!file) {
        (void)::close(own);
        return Error{"no memory", ENOMEM};
    }
    (void)gzbuffer(file.get(), chunk_size);
    const auto buffer = std::make_unique<char[]>(chunk_size);
    std::uint64_t total = 0;
    int got = 0;
    while ((got = gzread(file.get(), buffer.get(), chunk_size)) > 0) {
        total += static_cast<std::uint64_t>(got);
        if (total > limit) return Error{"more than " + std::to_string(limit) + " bytes of text", EFBIG};
        take({buffer.get(), static_cast<std::size_t>(got)});
    }
    int status = Z_OK;
    (void)gzerror(file.get(), &status);
    if (got < 0 || status != Z_OK) return Error{"the compressed file is damaged or cut off", EBADMSG};
    return total;
}

}  // namespace integrityd
