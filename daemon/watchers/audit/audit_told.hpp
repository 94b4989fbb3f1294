// AuditTold: events that were judged already, so that none is told twice: once from the kernel's feed and once from the
// log, or once before and once after a restart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "sources/audit_record.hpp"

namespace integrityd {

class AuditTold {
public:
    // How far the log and the feed may be apart, in events; the same as the cross-check's, with a place for each
    // serial. In a burst one of the two is ahead by tens of thousands. It costs 1 MiB from the first event on.
    static constexpr std::size_t window = 65'536;
    // The last ones, for a cursor: events that may have been judged from the feed before the log had them.
    static constexpr std::size_t most_kept = 64;

    // Notes it. False: it was noted before.
    bool note(const AuditStamp& stamp);
    [[nodiscard]] bool contains(const AuditStamp& stamp) const;

    // The last ones that were noted, as text for a cursor; and what such a text holds (total: what is no stamp is
    // passed over).
    [[nodiscard]] std::string text() const;
    void take(std::string_view text);

private:
    std::vector<AuditStamp> places_;  // by serial
    std::deque<AuditStamp> last_;     // in the order in which they were noted
};

}  // namespace integrityd
