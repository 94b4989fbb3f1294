// What an AIDE report says, as a value, and the reader that makes it from bytes.
//
// Plain and JSON reports of AIDE 0.16 to 0.19 (and the JSON lines of 0.20), several of them appended
// in one file, and Debian's dailyaidecheck wrapping. The reader judges nothing: it says what stands
// there, what was stated against what was seen, and what is wrong with the form (`faults`).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/values.hpp"
#include "sources/aide_paths.hpp"

namespace integrityd {

enum class AideFormat : std::uint8_t { unknown, plain, json, json_lines };

// What the outline says that was done.
enum class AideOutcome : std::uint8_t { unknown, no_differences, differences, initialized, compared };

// One attribute of an entry, old and new. Several values: access control lists, extended attributes.
struct AideAttribute {
    std::string name;  // as JSON reports call it ("sha256", "modify_time"), whatever the format
    std::vector<std::string> old_values;
    std::vector<std::string> new_values;
};

struct AideRow {
    AideRowKind kind = AideRowKind::changed;
    std::string path;   // raw bytes
    std::string flags;  // the summary column; empty where the report does not summarize
    std::vector<AideAttribute> attributes;
    std::uint32_t attributes_cut = 0;  // values that were left out or shortened for their size
};

// Numbers that a report states about itself.
struct AideStated {
    std::optional<std::uint64_t> total;
    std::array<std::optional<std::uint64_t>, aide_row_kinds> rows;  // by AideRowKind
};

// A database that the report names, with the digests of its uncompressed text as stated there.
struct AideDatabaseDigest {
    std::string path;
    std::string algorithm;  // "sha256"
    std::string digest;     // as written: base64 or, with report_base16, hexadecimal
};

// What Debian's dailyaidecheck wrote around a report.
struct AideWrapper {
    std::optional<int> exit_code;
    std::string failure;       // text of its error boxes; empty where there were none
    bool no_database = false;  // "database not present."
    bool ended = false;        // its last line is there
};

struct AideReport {
    AideFormat format = AideFormat::unknown;
    AideOutcome outcome = AideOutcome::unknown;
    std::string outline;
    std::string version;
    std::string start_text;
    std::string end_text;
    WallTime start = 0;  // 0: not stated
    WallTime end = 0;
    std::string limit;
    std::string root_prefix;
    std::string report_level;  // empty: AIDE's default, changed_attributes
    std::string config_version;
    std::string new_database;
    AideStated stated;
    std::array<std::uint64_t, aide_row_kinds> seen{};  // by AideRowKind; exact
    // At most max_entries: changed, then removed, before added.
    std::vector<AideRow> rows;
    AidePaths paths;  // of all rows
    std::vector<AideDatabaseDigest> databases;
    std::uint64_t different_attributes = 0;  // entries whose attribute sets differ between the databases
    std::string diagnostics;                 // AIDE's errors and warnings, where the file holds them
    std::uint64_t diagnostic_lines = 0;
    std::optional<AideWrapper> wrapper;
    std::vector<std::string> faults;  // what is wrong with the form; the first few
    // False where lines of a report that does not escape names may be forged (more rows than stated).
    bool rows_trusted = true;
    bool ended = false;  // the end timestamp stands there and nothing is open behind it

    [[nodiscard]] std::uint64_t rows_seen() const { return seen[0] + seen[1] + seen[2]; }
    // Finished, with nothing wrong in its form.
    [[nodiscard]] bool whole() const { return ended && faults.empty() && (!wrapper || wrapper->ended); }
};

// Identifies a report among those appended in one file: times, coverage, numbers and all paths.
[[nodiscard]] std::string identity(const AideReport& report);

// "2026-11-22 02:11:51 +0000" in µs since 1970; none for anything else.
[[nodiscard]] std::optional<WallTime> parse_aide_time(std::string_view text);

// Bytes in, in pieces of any size; a report out for each that the bytes hold, complete or not, in
// order. Memory is bounded by max_entries and AidePaths, not by the size of the input.
class AideReportReader {
public:
    using Sink = std::function<void(AideReport)>;
    AideReportReader(std::size_t max_entries, Sink sink);
    ~AideReportReader();
    AideReportReader(const AideReportReader&) = delete;
    AideReportReader& operator=(const AideReportReader&) = delete;

    void feed(std::string_view bytes);
    // No more bytes: what is open is told as not ended.
    void finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// All of a file, read from its current position in pieces of 64 KiB. `limit` bounds what is read.
struct AideReadResult {
    std::uint64_t bytes = 0;
    bool limit_reached = false;
    int error = 0;  // errno of a failed read
};
[[nodiscard]] AideReadResult read_aide_reports(int fd, AideReportReader& reader, std::uint64_t limit);

}  // namespace integrityd
