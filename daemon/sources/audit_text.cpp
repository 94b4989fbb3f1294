#include "sources/audit_text.hpp"

namespace integrityd {

std::string audit_event_text(const AuditEvent& event) {
    std::string text;
    const std::string milliseconds = std::to_string(1000 + event.stamp.milliseconds % 1000).substr(1);
    const std::string stamp = "audit(" + std::to_string(event.stamp.milliseconds / 1000) + "." + milliseconds + ":" +
                              std::to_string(event.stamp.serial) + "): ";
    for (const AuditRecord& record : event.records) {
        if (!event.node.empty()) text.append("node=").append(event.node).append(" ");
        text.append("type=").append(record.type).append(" msg=").append(stamp).append(record.body);
        if (!record.enriched.empty()) text.append("\x1d").append(record.enriched);
        text.push_back('\n');
    }
    return text;
}

}  // namespace integrityd
