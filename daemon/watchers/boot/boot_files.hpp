// Which file a measured image is: the Authenticode digests of the images on the boot partitions, computed when a
// digest is not known and only where the daemon may read them. Reading blocks: it is a job of a lane.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sources/tcg_hash.hpp"

namespace integrityd {

// Directories that are searched two levels deep for *.efi; at most 64 files, which is several times what partitions
// for booting hold.
[[nodiscard]] std::vector<std::string> default_image_directories();

// Digest (hex) of this bank → path, escaped. Files that are no PE or cannot be read are left out.
[[nodiscard]] std::map<std::string, std::string> name_images(const std::vector<std::string>& directories,
                                                             HashAlgorithm bank);

}  // namespace integrityd
