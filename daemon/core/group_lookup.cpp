#include "core/group_lookup.hpp"

#include <cerrno>
#include <grp.h>
#include <vector>

namespace integrityd {

namespace {

// getgrnam_r() wants room for all members; more than this is no group of a device.
constexpr std::size_t largest_group_record = 1U << 20;

}  // namespace

std::optional<gid_t> lookup_group(const std::string& name) {
    std::vector<char> buffer(4096);
    struct group record {};
    struct group* found = nullptr;
    int result = 0;
    while ((result = ::getgrnam_r(name.c_str(), &record, buffer.data(), buffer.size(), &found)) == ERANGE &&
           buffer.size() < largest_group_record) {
        buffer.resize(buffer.size() * 2);
    }
    if (result != 0 || found == nullptr) return std::nullopt;
    return record.gr_gid;
}

}  // namespace integrityd
