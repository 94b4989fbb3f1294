// Opening with privilege what others may have put there.
//
// Nothing is followed: no link in any part of the path. A place is looked at first (O_PATH, which opens no device and
// waits for no FIFO), judged, and only then opened for reading, through the descriptor: what was judged is what is
// opened, whoever replaces the name meanwhile.
#pragma once

#include <string>
#include <sys/types.h>

#include "core/opener.hpp"
#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

// A regular file with one link: with a second one somebody else's file could stand under this name. The count is that
// of the moment of looking; who may take his link away in between could still deceive us, so see links_are_protected().
[[nodiscard]] Result<UniqueFd> open_strictly(const std::string& path);

// The same; or a directory, to list it.
[[nodiscard]] Result<UniqueFd> open_file_or_directory_strictly(const std::string& path);

// A report log. Debian's daily check makes `aide.log` a link to `aide.log-DATE` where savelog is missing, so one link
// is followed, by us: to a name in the same directory that begins with the log's own and "-". Who can put the link
// there could put the file there as well; nothing else comes within reach.
[[nodiscard]] Result<UniqueFd> open_log_strictly(const std::string& path);

// A block device, read-only. udev gives devices names that are links (/dev/disk/by-partlabel/var), so these are
// followed, but none except `owner` and root may be able to change the directory where they end, nor the one where they
// begin. A regular file is opened as by open_strictly(): a volume may lie in one.
[[nodiscard]] Result<UniqueFd> open_device_strictly(const std::string& path, uid_t owner);

// A log of the kernel's own (securityfs), where links are the kernel's as well: Linux keeps IMA's folder under another
// name. Elsewhere as open_strictly().
[[nodiscard]] Result<UniqueFd> open_kernel_log_strictly(const std::string& path);

// An inotify descriptor on the directory of this path.
[[nodiscard]] Result<UniqueFd> watch_directory_strictly(const std::string& path, Resource resource);

// Whether only `owner` and root can change what this path leads to: they own it and each directory above, and others
// may not write there. A sticky directory such as /tmp may stand further above, because nobody can take away another's
// entry of it. Then there is no race either: what was checked stays so until one of the two changes it.
[[nodiscard]] Result<void> check_owned(const std::string& path, uid_t owner);

// Whether the kernel lets nobody make a link to a file that he could not read and write himself (the sysctl
// fs.protected_hardlinks; systemd turns it on). Without it no count of links can be relied upon.
[[nodiscard]] bool links_are_protected(const std::string& sysctl = "/proc/sys/fs/protected_hardlinks");

}  // namespace integrityd
