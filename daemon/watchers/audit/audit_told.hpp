// AuditTold: events that were judged already, so that none is told twice: once from the kernel's feed and once from the
// log, or once before and once after a restart.
#pragma once

#include <cstddef>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "sources/audit_record.hpp"

namespace integrityd {

class AuditTold {
public:
    // As many as the cross-check waits for while auditd does not write; at 40 bytes each 320 KiB.
    static constexpr std::size_t limit = 8192;

    // Notes it. False: it was noted before.
    bool note(const AuditStamp& stamp);
    [[nodiscard]] bool contains(const AuditStamp& stamp) const { return known_.contains(key(stamp)); }

    // The last `count`, as text for a cursor; and what such a text holds (total: what is no stamp is passed over).
    [[nodiscard]] std::string text(std::size_t count) const;
    void take(std::string_view text);

private:
    using Key = std::pair<std::uint64_t, std::uint32_t>;
    static Key key(const AuditStamp& stamp) { return {stamp.milliseconds, stamp.serial}; }

    std::deque<Key> order_;
    std::set<Key> known_;
};

}  // namespace integrityd
