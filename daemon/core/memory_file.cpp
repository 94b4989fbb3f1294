#include "core/memory_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace integrityd {

namespace {

Error failed() {
    return Error{std::string("memory file: ") + std::strerror(errno), errno};
}

Result<UniqueFd> make_file(const char* name, std::string_view bytes, unsigned flags) {
    UniqueFd file(memfd_create(name, MFD_CLOEXEC | flags));
    while (file && !bytes.empty()) {
        const ssize_t written = write(file.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failed();
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (!file || lseek(file.get(), 0, SEEK_SET) < 0) return failed();
    return file;
}

}  // namespace

Result<UniqueFd> make_memory_file(const char* name, std::string_view bytes) {
    return make_file(name, bytes, 0);
}

Result<UniqueFd> make_sealed_file(const char* name, std::string_view bytes) {
    constexpr int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    auto file = make_file(name, bytes, MFD_ALLOW_SEALING);
    if (file && fcntl(file->get(), F_ADD_SEALS, seals) < 0) return failed();
    return file;
}

}  // namespace integrityd
