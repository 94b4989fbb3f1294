// Reports for the tests of AIDE's readers: made here, byte by byte, or by the caller's own text.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "sources/aide_report.hpp"

namespace integrityd::test {

// Reads in pieces of `chunk` bytes.
inline std::vector<AideReport> read_reports(std::string_view text, std::size_t chunk = 65536,
                                            std::size_t max_entries = 1000) {
    std::vector<AideReport> reports;
    AideReportReader reader(max_entries, [&reports](AideReport report) { reports.push_back(std::move(report)); });
    for (std::size_t i = 0; i < text.size(); i += chunk) {
        reader.feed(text.substr(i, chunk));
    }
    reader.finish();
    return reports;
}

// A line for all that a report says: two readings are the same when their lines are.
inline std::string summary(const AideReport& report) {
    std::string out = identity(report) + " ended=" + (report.ended ? "1" : "0") + " level=" + report.report_level +
                      " limit=" + report.limit + " prefix=" + report.root_prefix + " version=" + report.version;
    for (const auto& stated : report.stated.rows) {
        out += " " + (stated ? std::to_string(*stated) : "-");
    }
    for (const auto& row : report.rows) {
        out += "\n" + std::string(to_string(row.kind)) + " " + row.flags + " " + row.path;
        for (const auto& attribute : row.attributes) {
            out += " [" + attribute.name;
            for (const auto& value : attribute.old_values) {
                out += " <" + value;
            }
            for (const auto& value : attribute.new_values) {
                out += " >" + value;
            }
            out += "]";
        }
    }
    for (const auto& database : report.databases) {
        out += "\n" + database.path + " " + database.algorithm + " " + database.digest;
    }
    for (const auto& fault : report.faults) {
        out += "\nfault: " + fault;
    }
    out += "\n" + report.diagnostics;
    if (report.wrapper) {
        out += "\nwrapper " + std::to_string(report.wrapper->exit_code.value_or(-1)) + report.wrapper->failure +
               (report.wrapper->ended ? " ended" : "");
    }
    return out;
}

inline std::string summary(const std::vector<AideReport>& reports) {
    std::string out;
    for (const auto& report : reports) {
        out += summary(report) + "\n==\n";
    }
    return out;
}

inline std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline const AideRow* find_row(const AideReport& report, std::string_view path) {
    for (const auto& row : report.rows) {
        if (row.path == path) return &row;
    }
    return nullptr;
}

// A whole report of one changed entry, as AIDE 0.18 writes it.
inline std::string json_report(std::string_view path = "/etc/passwd", std::string_view version = "0.18.3") {
    return R"({
  "start_time": "2026-11-22 02:11:51 +0000",
  "aide_version": ")" +
           std::string(version) + R"(",
  "outline": "AIDE found differences between database and filesystem!!",
  "number_of_entries": {
    "total": 47,
    "added": 0,
    "removed": 0,
    "changed": 1
  },
  "changed": {
    ")" + std::string(path) +
           R"(": "f >.... mc..H.. . "
  },
  "details": {
    ")" + std::string(path) +
           R"(": {
      "size": {
        "old": 11,
        "new": 22
      },
      "xattrs": {
        "old": "num=0",
        "new": [
          "num=1",
          "[1] user.foo = bar"
        ]
      }
    }
  },
  "databases": {
    "/var/lib/aide/aide.db": {
      "sha256": "7UB7Phq/X+sQJ7xJQ93s+U+3cuAnvMWndARIuLAfsK8="
    }
  },
  "end_time": "2026-11-22 02:11:52 +0000",
  "run_time_seconds": 1
}
)";
}

// The same, plain; `path` as it stands in the report.
inline std::string plain_report(const std::string& path = "/etc/passwd", const std::string& version = "0.18.3") {
    const std::string rule = "---------------------------------------------------\n";
    const std::string flags = version == "0.16.2" ? "f >.... m...C..." : "f >.... mc..H.. . ";
    return "Start timestamp: 2026-11-22 02:11:51 +0000 (AIDE " + version +
           ")\n"
           "AIDE found differences between database and filesystem!!\n\n"
           "Summary:\n"
           "  Total number of entries:\t47\n"
           "  Added entries:\t\t0\n"
           "  Removed entries:\t\t0\n"
           "  Changed entries:\t\t1\n\n" +
           rule + "Changed entries:\n" + rule + "\n" + flags + ": " + path + "\n\n" + rule +
           "Detailed information about changes:\n" + rule + "\nFile: " + path +
           "\n"
           " Size      : 11                               | 22\n"
           " SHA256    : fPH5QAJcJ8eOXkpwdRnw4GF4cC5twWci | vCo6BvDZ3hN3rg0m+kNs8L96c+1ZGlny\n"
           "             89SOE/XmDZ4=                     | XtNCxLLD+lE=\n"
           " XAttrs    : num=0                            | num=1\n"
           "                                              | [1] security.capability <=> AQAA\n"
           "                                              | AgAgAAAAAAAAAAAAAAAAAAA=\n\n\n" +
           rule + "The attributes of the (uncompressed) database(s):\n" + rule +
           "\n"
           "/var/lib/aide/aide.db\n"
           " SHA256    : 7UB7Phq/X+sQJ7xJQ93s+U+3cuAnvMWn\n"
           "             dARIuLAfsK8=\n\n\n"
           "End timestamp: 2026-11-22 02:11:52 +0000 (run time: 0m 1s)\n";
}

}  // namespace integrityd::test
