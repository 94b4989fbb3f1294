// AIDE's database, plain and compressed: facts or an error, within the limit.
#include <cstdint>
#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

#include "core/unique_fd.hpp"
#include "sources/aide_database.hpp"

using namespace integrityd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const UniqueFd file(memfd_create("database", MFD_CLOEXEC));
    if (write(file.get(), data, size) != static_cast<ssize_t>(size)) return 0;
    if (lseek(file.get(), 0, SEEK_SET) != 0) std::abort();
    constexpr std::uint64_t limit = 1U << 20;
    const auto facts = read_aide_database(file.get(), limit);
    if (facts && (facts->bytes > limit || facts->entries > facts->bytes || (facts->ends && !facts->begins)))
        std::abort();
    return 0;
}
