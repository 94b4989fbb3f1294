// Groups by name.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>

namespace integrityd {

using GroupLookup = std::function<std::optional<gid_t>(const std::string& name)>;
// getgrnam_r(): may read files and ask name services, so not on the loop once it runs.
[[nodiscard]] std::optional<gid_t> lookup_group(const std::string& name);

}  // namespace integrityd
