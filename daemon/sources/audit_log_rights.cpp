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
    // Whose it is does not matter where the group may do nothing.
    const bool group_may = (rights.mode & 070) != 0;
    if (rule.group && rights.group != 0 && group_may) expected.group = *rule.group;
    return expected;
}

AuditLogRightsRule rule_of_directory(const AuditLogRightsRule& rule) {
    return {.owner = rule.owner, .group = std::nullopt, .forbidden = 022};
}

std::string to_text(const AuditLogRights& rights) {
    std::array<char, 40> text{};
    (void)std::snprintf(text.data(), text.size(), "%04o %u:%u", static_cast<unsigned>(rights.mode),
                        static_cast<unsigned>(rights.owner), static_cast<unsigned>(rights.group));
    return text.data();
}

}  // namespace integrityd
