// Any bytes as AIDE's database: a subset, or an error; what is cut is a database again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "core/unique_fd.hpp"
#include "sources/aide_subset.hpp"

using namespace integrityd;

namespace {

UniqueFd file_of(std::string_view bytes) {
    UniqueFd fd(memfd_create("fuzz", MFD_CLOEXEC));
    if (::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
    if (lseek(fd.get(), 0, SEEK_SET) != 0) std::abort();
    return fd;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::string> paths = {"/etc", "/etc/passwd", "/a b"};
    const UniqueFd fd = file_of({reinterpret_cast<const char*>(data), size});
    const auto subset = cut_aide_database(fd.get(), paths, 1U << 20);
    if (!subset) {
        if (subset.error().code == 0) std::abort();
        return 0;
    }
    const UniqueFd again = file_of(subset->text);
    const auto same = cut_aide_database(again.get(), paths, 2U << 20);
    if (!same || same->text != subset->text || same->entries != subset->entries) std::abort();
    return 0;
}
