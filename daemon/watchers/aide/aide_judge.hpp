// What a report of AIDE means: pure, from values to values.
//
// AIDE's exit status alone is no evidence: with an empty database every file is "added" and the
// status is 1, and a report that was cut off reads like a good one. So each report has to pass the
// sanity rules below, and what does not pass leads to `aide.check.failed`, never to silence.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/values.hpp"
#include "sources/aide_report.hpp"

namespace integrityd {

// How the report came about, where integrityd ran AIDE itself.
struct AideRun {
    std::optional<int> exit_code;
    std::string failure;  // ended by a signal, took too long, wrote too much; empty: none of these
    std::string errors;   // standard error, raw
};

// What a sound report agrees with.
struct AideExpectations {
    std::size_t max_entries = 1000;
    std::string root_prefix;                                     // of AIDE's configuration
    std::optional<std::vector<std::string>> accepted_databases;  // hex SHA-256; none: no baseline
    bool baseline_readable = true;                               // else it decides, and nobody knows what
    std::optional<std::string> database_there = "";              // hex SHA-256; none: it is being read
    WallTime last_end = 0;                                       // of the report taken before; 0: none
    WallTime now = 0;  // an end that lies in the future is of a clock that was set back since: no measure of age
    std::uint64_t last_total = 0;  // its number of entries, made with the
    std::string last_database;     // database of this digest
};

struct AideJudgement {
    Look entries;                        // aide.entry.*
    std::vector<std::string> failures;   // why the report cannot be relied on
    std::vector<std::string> omissions;  // what it did not look at; no failure
    bool no_database = false;            // the daily check had none
    // A check of everything was finished: its end counts for aide.check.overdue.
    bool finished = false;
    WallTime end = 0;
    std::uint64_t total = 0;
    std::string database;  // hex SHA-256 that the report states, as far as it does
};

[[nodiscard]] AideJudgement judge(const std::shared_ptr<const AideReport>& report, const AideRun& run,
                                  const AideExpectations& expected);

// AIDE's word on some paths alone, from a check that was limited to them (aide_targets.hpp): a complete look at them.
[[nodiscard]] Look look_at_paths(const AideReport& report, const std::vector<std::string>& paths);

// The look at whether such checks succeed: aide.check.failed about "paths", with the reason; empty: they do.
[[nodiscard]] Look look_at_path_checks(const std::string& failure);

// The digest that the report states of the database for which `wanted` says so, in hex; empty where it states none.
[[nodiscard]] std::string stated_digest(const AideReport& report,
                                        const std::function<bool(const std::string& path)>& wanted);

// The condition aide.check.failed about `subject` ("report", "database").
[[nodiscard]] Observation check_failed(std::string_view subject, const std::vector<std::string>& reasons);

// Whether AIDE's exit status says that it made a report: the sum of what it found (aide(1)).
[[nodiscard]] bool exits_with_report(int code);

// What AIDE's exit status means from 14 on: "input or output failed".
[[nodiscard]] std::string_view exit_code_meaning(int code);

}  // namespace integrityd
