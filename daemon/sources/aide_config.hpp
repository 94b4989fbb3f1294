// AIDE's configuration as files: one digest over all of them, and what a text includes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/opener.hpp"
#include "core/result.hpp"

namespace integrityd {

struct AideConfigFile {
    std::string path;
    std::string sha256;  // hex
};

struct AideConfigFacts {
    std::string sha256;  // hex, over path and content of every file
    std::vector<AideConfigFile> files;
    std::string root_prefix;  // as set there; a report with another one covers another tree
};

// Files as Opener::open_all gives them. Blocks: for a worker.
[[nodiscard]] Result<AideConfigFacts> digest_aide_config(const std::vector<OpenedFile>& files);

// The files and directories that a configuration text includes: @@include and @@x_include, with
// @@define'd names put in. Absolute paths only: AIDE takes others relative to where it was started.
// Of a directory every file is meant, not only those that match AIDE's expression: a file that is
// added there is worth a look.
[[nodiscard]] std::vector<std::string> aide_config_includes(std::string_view text);

}  // namespace integrityd
