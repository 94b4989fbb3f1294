// AIDE's configuration as files: one digest over all of them.
#pragma once

#include <string>
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

}  // namespace integrityd
