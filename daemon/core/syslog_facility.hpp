// The names of syslog's facilities (RFC 5424 section 6.2.1, spelled as in syslog.conf).
#pragma once

#include <optional>
#include <string_view>

namespace integrityd {

// LOG_AUTHPRIV for "authpriv", and so on; none for an unknown name. `kern` is the kernel's alone.
[[nodiscard]] std::optional<int> syslog_facility(std::string_view name);

}  // namespace integrityd
