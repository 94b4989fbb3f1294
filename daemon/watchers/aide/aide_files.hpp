// What AIDE's own files are like, and what that means against the accepted baseline.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/opener.hpp"
#include "core/values.hpp"
#include "sources/aide_config.hpp"
#include "sources/aide_database.hpp"
#include "watchers/aide/aide_baseline.hpp"

namespace integrityd {

struct AideFiles {
    std::optional<AideDatabaseFacts> database;
    bool database_missing = false;
    std::string database_problem;  // it is there and cannot be read
    std::optional<AideConfigFacts> config;
    std::string config_problem;

    // Digest of both, for BaselineDiff; empty while one of them is not known.
    [[nodiscard]] std::string digest() const;
};

// Descriptors opened on the loop, to be read in a worker.
struct OpenedAideFiles {
    std::optional<UniqueFd> database;
    std::vector<OpenedFile> config;
    AideFiles facts;  // what opening them already told
};
[[nodiscard]] OpenedAideFiles open_aide_files(Opener& opener);

// Reads them. Blocks: for a worker.
[[nodiscard]] AideFiles read_aide_files(const OpenedAideFiles& opened);

// The looks at aide.database.* and aide.config.changed, and at aide.check.failed about the database.
// `accepted`: none: no baseline, which decides nothing.
[[nodiscard]] std::vector<Look> judge_files(const AideFiles& files, const std::optional<AideAccepted>& accepted,
                                            const std::string& database_path, const std::string& config_path);

// What is there against what was accepted, for people; both files are known.
[[nodiscard]] ValueMap difference(const AideFiles& files, const AideAccepted& accepted,
                                  const std::string& database_path, const std::string& config_path);

// Why they hinder looking; empty: they do not.
[[nodiscard]] std::string files_problem(const AideFiles& files);

}  // namespace integrityd
