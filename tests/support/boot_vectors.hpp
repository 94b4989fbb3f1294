// Real event logs and IMA lists, where they are there: INTEGRITYD_VECTORS, or a folder beside the project.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/skip.hpp"

namespace integrityd::test {

inline std::filesystem::path vectors_root() {
    namespace fs = std::filesystem;
    if (const char* const set = std::getenv("INTEGRITYD_VECTORS")) return set;
    for (fs::path up = fs::current_path(); up != up.root_path(); up = up.parent_path()) {
        const auto found = up / "shared" / "vectors";
        if (fs::exists(found)) return found;
    }
    return {};
}

inline bool have_boot_vectors() {
    return skip_unless(std::filesystem::exists(vectors_root() / "eventlogs" / "REPLAY.json"),
                       "needs the vectors (INTEGRITYD_VECTORS)");
}

// "eventlogs/guard-oss/good-1.bin"
inline std::string vector_bytes(const std::string& name) {
    std::ifstream in(vectors_root() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace integrityd::test
