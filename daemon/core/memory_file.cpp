#include "core/memory_file.hpp"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace integrityd {

Result<UniqueFd> make_memory_file(const char* name, std::string_view bytes) {
    UniqueFd file(memfd_create(name, MFD_CLOEXEC));
    while (file && !bytes.empty()) {
        const ssize_t written = write(file.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return Error{std::string("memory file: ") + std::strerror(errno), errno};
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (!file || lseek(file.get(), 0, SEEK_SET) < 0)
        return Error{std::string("memory file: ") + std::strerror(errno), errno};
    return file;
}

}  // namespace integrityd
