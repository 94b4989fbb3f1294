#include "core/luks_area.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <unistd.h>

#include "core/luks_form.hpp"
#include "core/memory_file.hpp"

namespace integrityd {

namespace {

// As much as there is of it.
Result<std::string> read_at(const UniqueFd& device, std::uint64_t offset, std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t have = 0;
    while (have < size) {
        const ssize_t got = pread(device.get(), bytes.data() + have, size - have, static_cast<off_t>(offset + have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return Error{std::string("the header cannot be read: ") + std::strerror(errno), errno};
        if (got == 0) break;
        have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);
    return bytes;
}

bool is_luks2_copy(std::string_view copy, std::string_view magic) {
    return copy.size() >= 16 && copy.starts_with(magic) && luks_form::version_at(copy) == 2 &&
           luks_form::is_copy_size(luks_form::copy_size_at(copy));
}

// The bytes from the device's beginning that belong to the header.
Result<std::size_t> area_size(const UniqueFd& device) {
    const auto first = read_at(device, 0, 16);
    if (!first) return first.error();
    if (is_luks2_copy(*first, luks_form::first_magic)) return 2 * luks_form::copy_size_at(*first);
    const bool is_luks1 =
        first->size() == 16 && first->starts_with(luks_form::first_magic) && luks_form::version_at(*first) == 1;
    if (is_luks1) return luks_form::luks1_size;
    for (std::uint64_t at = luks_form::least_copy; at <= luks_form::most_copy; at *= 2) {
        const auto second = read_at(device, at, 16);
        if (!second) return second.error();
        if (is_luks2_copy(*second, luks_form::second_magic) && luks_form::copy_size_at(*second) == at) return 2 * at;
    }
    return luks_form::magic_size;
}

}  // namespace

Result<UniqueFd> copy_luks_area(const UniqueFd& device) {
    const auto size = area_size(device);
    if (!size) return size.error();
    const auto bytes = read_at(device, 0, *size);
    if (!bytes) return bytes.error();
    return make_sealed_file("integrityd-luks-header", *bytes);
}

}  // namespace integrityd
