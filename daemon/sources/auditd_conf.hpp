// auditd.conf(5), as far as it matters here.
#pragma once

#include <optional>
#include <string_view>
#include <sys/types.h>

#include "core/group_lookup.hpp"

namespace integrityd {

// `log_group`: whose members may read the log. Root's where it is not set; none: there is no such group. Total: what is
// no setting is passed over.
[[nodiscard]] std::optional<gid_t> auditd_log_group(std::string_view text, const GroupLookup& lookup);

}  // namespace integrityd
