// auditd.conf: whatever stands there, a group is one that was looked up, a number that stands in the text, or root's.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sources/auditd_conf.hpp"

using namespace integrityd;

namespace {

constexpr gid_t looked_up = 4'000'000'000U;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto group = auditd_log_group(text, [text](const std::string& name) {
        if (name.empty() || text.find(name) == std::string_view::npos) std::abort();
        return std::optional<gid_t>(looked_up);
    });
    if (!group || *group == looked_up || *group == 0) return 0;
    if (text.find(std::to_string(*group)) == std::string_view::npos) std::abort();
    return 0;
}
