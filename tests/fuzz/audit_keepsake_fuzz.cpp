// What the audit watcher keeps over a restart: whatever stands there, what is taken of it is written and taken the
// same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "watchers/audit/audit_keepsake.hpp"

using namespace integrityd;

namespace {

bool same(const std::optional<AuditLostMark>& one, const std::optional<AuditLostMark>& other) {
    if (!one || !other) return one.has_value() == other.has_value();
    return one->lost == other->lost && one->boot_id == other->boot_id;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const AuditKeepsake kept = parse_audit_keepsake({reinterpret_cast<const char*>(data), size});
    const std::string text = to_text(kept);
    const AuditKeepsake again = parse_audit_keepsake(text);
    if (to_text(again) != text) std::abort();
    if (again.log != kept.log || again.told != kept.told || again.last != kept.last) std::abort();
    if (!same(again.lost, kept.lost)) std::abort();
    return 0;
}
