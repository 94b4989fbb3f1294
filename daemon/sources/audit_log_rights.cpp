#include "sources/audit_log_rights.hpp"

#include <array>
#include <cstdio>

namespace integrityd {

namespace {

constexpr mode_t permission_bits = 07777;

}  // namespace

AuditLogRights rights_of(const struct stat& status) {
    return {status.st_mode & permission_bits, status.st_uid, status.st_gid};
}

AuditLogRights expected_rights(const AuditLogRights& rights, const AuditLogRightsRule& rule) {
    AuditLogRights expected = rights;
    expected.mode &= ~rule.forbidden;
    expected.owner = rule.owner;
    if (rule.group && rights.group != 0) expected.group = *rule.group;
    return expected;
}

std::string to_text(const AuditLogRights& rights) {
    std::array<char, 40> text{};
    (void)std::snprintf(text.data(), text.size(), "%04o %u:%u", static_cast<unsigned>(rights.mode),
                        static_cast<unsigned>(rights.owner), static_cast<unsigned>(rights.group));
    return text.data();
}

}  // namespace integrityd
