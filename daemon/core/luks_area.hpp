// Copies the header area of a LUKS volume, and nothing of the data behind it.
#pragma once

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

// A sealed memory file: both copies of a LUKS2 header (8 MiB at most), the 592 bytes of a LUKS1 header, or the first 8
// bytes of what is neither. Of a first copy that is damaged the second says where it stands. Of the header only magic,
// version and size are looked at, within fixed limits. `device` is read with pread: nothing is written or locked.
[[nodiscard]] Result<UniqueFd> copy_luks_area(const UniqueFd& device);

}  // namespace integrityd
