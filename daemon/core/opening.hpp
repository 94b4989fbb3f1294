// What every Opener that opens files itself has in common: includes, and watching a directory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/opener.hpp"

namespace integrityd {

[[nodiscard]] Error error_of(const std::string& path, int code);

// A regular file or a directory, open for reading; anything else is refused.
using NodeOpener = std::function<Result<UniqueFd>(const std::string& path)>;

// The file and all that it includes, directly or through others, sorted by path. Of a directory that is included its
// files are meant, not its directories. At most 512 files, of which the first MiB is looked at.
[[nodiscard]] Result<std::vector<OpenedFile>> collect_includes(const std::string& main_file,
                                                               const IncludeFinder& find_includes,
                                                               const NodeOpener& open_node);

// auditd's configuration, and beside it audit.rules and the files of rules.d, as far as they are there; sorted by path.
[[nodiscard]] Result<std::vector<OpenedFile>> collect_audit_config(const std::string& config,
                                                                   const NodeOpener& open_node);

// The name of an older file of a rotated log: PATH.NUMBER. EINVAL where there is none.
[[nodiscard]] Result<std::string> older_path(const Config& config, Resource resource, unsigned number);

// The header area of the device or file that is open, and the active table of the volume's mapping.
[[nodiscard]] Result<LuksArea> luks_area_of(const UniqueFd& device);
[[nodiscard]] Result<UniqueFd> dm_table_of(const LuksVolume& volume);
[[nodiscard]] Error no_such_volume();
// The active table of the device of "/".
[[nodiscard]] Result<UniqueFd> dm_table_of_root();

// An inotify descriptor on the directory of this resource. `path` is what the kernel is told, `shown` what people are.
[[nodiscard]] Result<UniqueFd> watch_path(const std::string& path, const std::string& shown, Resource resource);

}  // namespace integrityd
