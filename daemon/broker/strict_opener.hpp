// The broker's Opener: of all that it could open, what the configuration names.
#pragma once

#include <memory>

#include "core/config.hpp"
#include "core/opener.hpp"

namespace integrityd {

// The configuration, if only `owner` and root can change it and the directories it stands in; a file that is not there
// counts as for the daemon. Read anew for each client, so that it follows a reload of the daemon.
[[nodiscard]] Result<Config> load_owned_config(const ConfigSource& source, uid_t owner);

// Opens by the rules of strict_open.hpp. Of a section that is not enabled nothing is opened.
//
// Why the broker itself looks for the includes of AIDE's configuration: were they named by the daemon, it could name
// any file; and what stands beside the file is not always part of it (/etc/aide.conf). AIDE itself reads them with
// the same privilege. So they are taken from the text, but only from files that none but `owner` and root can change
// (check_owned); a configuration that others may write is refused as a whole, with the reason: it proves nothing.
// `aide_includes` is a total function of 60 lines, with a fuzz target.
[[nodiscard]] std::unique_ptr<Opener> make_strict_opener(Config config, IncludeFinder aide_includes,
                                                         AuditKernel& kernel, uid_t owner);

}  // namespace integrityd
