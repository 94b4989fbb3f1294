// Real audit logs, where they are there: INTEGRITYD_VECTORS, or a folder beside the project.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/skip.hpp"

namespace integrityd::test {

inline std::filesystem::path audit_vectors() {
    namespace fs = std::filesystem;
    const char* const set = std::getenv("INTEGRITYD_VECTORS");
    if (set != nullptr) return fs::path(set) / "audit";
    for (fs::path up = fs::current_path(); up != up.root_path(); up = up.parent_path()) {
        const auto found = up / "shared" / "vectors" / "audit";
        if (fs::exists(found)) return found;
    }
    return {};
}

inline bool have_audit_vectors() {
    return skip_unless(std::filesystem::exists(audit_vectors() / "MANIFEST.md"),
                       "needs the vectors (INTEGRITYD_VECTORS)");
}

inline std::vector<std::string> lines_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

// A line of a log, and where it stands.
struct VectorLine {
    std::string text;
    std::string where;
};

// Every line of every log, single-line file and event collection of the vectors that looks like a record.
inline std::vector<VectorLine> all_audit_lines() {
    std::vector<VectorLine> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(audit_vectors())) {
        const std::string path = entry.path().string();
        const std::string extension = entry.path().extension().string();
        const bool log = extension == ".log" || extension == ".txt" || extension == ".yaml" || extension == ".1";
        if (!entry.is_regular_file() || !log || path.find("/mcast") != std::string::npos) continue;
        std::size_t number = 0;
        for (std::string line : lines_of(entry.path())) {
            ++number;
            line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
            if (!line.starts_with("type=") && !line.starts_with("node=")) continue;
            found.push_back({line, path + ":" + std::to_string(number)});
        }
    }
    return found;
}

}  // namespace integrityd::test
