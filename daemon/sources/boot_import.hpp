// What others write down of a boot, as a document that the watcher `boot` takes: component files of systemd-pcrlock
// (systemd.pcrlock(5)), support RIMs of the TCG (an event log, .rimel), our own documents.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sources/tcg_hash.hpp"

namespace integrityd {

// A component file of some KiB, an event log of some ten; a whole baseline of some hundred.
inline constexpr std::size_t largest_import = 8U << 20;

// JSON for ImportBaseline. `name`: the file's, without folders; it says which component a pcrlock file is about.
// EINVAL: it is none of them, or holds nothing that a baseline decides about.
[[nodiscard]] Result<std::string> boot_import_document(std::string_view bytes, const std::string& name);

// One image's digest as such a document. `inside_it`: what the kernel's stub measures of it besides, in that order (its
// command line, its initrd); it counts on devices alone whose baseline has that component.
[[nodiscard]] std::string boot_image_document(HashAlgorithm bank, const std::string& digest,
                                              const std::vector<std::string>& inside_it, const std::string& component,
                                              const std::string& source);

}  // namespace integrityd
