// Reads every report of the vectors: real output of AIDE 0.16.2, 0.17.4, 0.18.3, 0.19.3 and 0.20.
#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <regex>
#include <sstream>

#include <catch2/catch.hpp>

#include "core/digest.hpp"
#include "core/unique_fd.hpp"
#include "sources/aide_database.hpp"
#include "support/skip.hpp"
#include "unit/sources/aide_test_support.hpp"

using namespace integrityd;
using namespace integrityd::test;
namespace fs = std::filesystem;

namespace {

fs::path vectors() {
    const char* const set = std::getenv("INTEGRITYD_VECTORS");
    if (set != nullptr) return fs::path(set) / "aide" / "generated";
    for (fs::path up = fs::current_path(); up != up.root_path(); up = up.parent_path()) {
        const auto found = up / "shared" / "vectors" / "aide" / "generated";
        if (fs::exists(found)) return found;
    }
    return {};
}

bool have_vectors() {
    return skip_unless(fs::exists(vectors() / "INDEX.txt"), "needs the vectors (INTEGRITYD_VECTORS)");
}

// "NAME rc=N" lines, as they were when the reports were made.
std::map<std::string, int> exit_codes(const fs::path& index, const std::regex& line_form) {
    std::map<std::string, int> codes;
    std::istringstream lines(read_file(index.string()));
    for (std::string line; std::getline(lines, line);) {
        std::smatch parts;
        if (!std::regex_search(line, parts, line_form)) continue;
        std::string name = parts[1];
        std::replace(name.begin(), name.end(), ' ', '/');
        codes[name] = std::stoi(parts[2]);
    }
    return codes;
}

// What the bits of AIDE's exit status say against what the report says.
void check_against_exit_code(const std::string& name, int code, const std::string& text) {
    INFO(name);
    const auto reports = read_reports(text);
    if (code > 7) {
        for (const auto& report : reports) {
            CHECK_FALSE(report.whole());
        }
        return;
    }
    if (text.empty()) return;                               // report_quiet, an aborted run
    if (name == "dry-init" || name == "ok-config") return;  // no report
    REQUIRE(reports.size() == 1);
    const AideReport& report = reports[0];
    CHECK(report.faults.empty());
    CHECK(report.rows_trusted);
    if (name.find("minimal") == std::string::npos && report.version.substr(0, 4) != "") CHECK(report.ended);
    if (code == 0) {
        if (report.outcome != AideOutcome::initialized) CHECK(report.rows_seen() == 0);
        CHECK((report.outcome == AideOutcome::no_differences || report.outcome == AideOutcome::initialized));
        return;
    }
    CHECK((report.outcome == AideOutcome::differences || report.outcome == AideOutcome::compared));
    if (report.stated.rows[0]) {
        CHECK((*report.stated.rows[2] > 0) == ((code & 1) != 0));
        CHECK((*report.stated.rows[1] > 0) == ((code & 2) != 0));
        CHECK((*report.stated.rows[0] > 0) == ((code & 4) != 0));
    }
    const bool lists = report.rows_seen() > 0;
    for (std::size_t kind = 0; lists && kind < aide_row_kinds; ++kind) {
        CHECK(report.seen[kind] == report.stated.rows[kind]);
    }
    const bool says_none = name.find("minimal") != std::string::npos || name.find("summary") != std::string::npos ||
                           name.find("database_attributes") != std::string::npos || report.report_level == "summary";
    if (name.find("0.16.2") == std::string::npos) CHECK(lists == !says_none);
}

}  // namespace

TEST_CASE("every report of the vectors agrees with the exit status of the run that made it", "[REQ-1][REQ-10]") {
    if (!have_vectors()) return;
    std::size_t read = 0;
    for (const auto& [name, code] : exit_codes(vectors() / "INDEX.txt", std::regex("^(\\S+) rc=(\\d+)"))) {
        const fs::path file = vectors() / (name + ".out");
        if (!fs::exists(file) || name == "err-devfull") continue;
        check_against_exit_code(name, code, read_file(file.string()));
        ++read;
    }
    for (const auto& [name, code] :
         exit_codes(vectors() / "versions" / "INDEX.txt", std::regex("^(\\S+ \\S+) rc=(\\d+)"))) {
        const fs::path file = vectors() / "versions" / (name + ".out");
        if (!fs::exists(file)) continue;
        check_against_exit_code("versions/" + name, code, read_file(file.string()));
        ++read;
    }
    CHECK(read > 100);
}

TEST_CASE("every file of the vectors is read to its end, in pieces of any size, with the same result", "[REQ-30]") {
    if (!have_vectors()) return;
    std::size_t read = 0;
    for (const auto& entry : fs::recursive_directory_iterator(vectors())) {
        if (!entry.is_regular_file()) continue;
        const std::string text = read_file(entry.path().string());
        INFO(entry.path().string());
        CHECK(summary(read_reports(text, 1)) == summary(read_reports(text)));
        ++read;
    }
    CHECK(read > 200);
}

TEST_CASE("plain and JSON reports of the same run say the same") {
    if (!have_vectors()) return;
    std::size_t compared = 0;
    for (const auto& entry : fs::recursive_directory_iterator(vectors())) {
        const std::string path = entry.path().string();
        const std::size_t end = path.rfind("-json.out");
        if (end == std::string::npos) continue;
        const std::string plain = path.substr(0, end) + "-plain.out";
        if (!fs::exists(plain)) continue;
        const auto json = read_reports(read_file(path));
        const auto text = read_reports(read_file(plain));
        INFO(path);
        REQUIRE(json.size() == text.size());
        for (std::size_t i = 0; i < json.size(); ++i) {
            CHECK(json[i].seen == text[i].seen);
            REQUIRE(json[i].rows.size() == text[i].rows.size());
            CHECK(json[i].root_prefix == text[i].root_prefix);
            CHECK(json[i].report_level == text[i].report_level);
            CHECK(json[i].limit == text[i].limit);
            CHECK(json[i].databases.size() == text[i].databases.size());
            for (std::size_t row = 0; row < json[i].rows.size(); ++row) {
                CHECK(json[i].rows[row].path == text[i].rows[row].path);
                INFO(json[i].rows[row].path);
                CHECK(json[i].rows[row].attributes.size() == text[i].rows[row].attributes.size());
            }
            ++compared;
        }
    }
    CHECK(compared > 20);
}

TEST_CASE("real logs of Debian's daily check are read with the report in them") {
    if (!have_vectors()) return;
    for (const auto* name : {"aide.log.json.check.changed", "aide.log.plain.update.changed"}) {
        const auto reports = read_reports(read_file((vectors() / "dailyaidecheck" / name).string()));
        REQUIRE(reports.size() == 1);
        CHECK(reports[0].whole());
        CHECK(reports[0].seen == std::array<std::uint64_t, 3>{35, 4, 6});
        CHECK(reports[0].wrapper->exit_code == 7);
        CHECK(find_row(reports[0], "/weird/new added\n\x1b]0;x\x07") != nullptr);
    }
}

TEST_CASE("a real report that is cut off anywhere is never taken for a whole one", "[REQ-10]") {
    if (!have_vectors()) return;
    for (const auto* name : {"all-list_entries-plain.out", "all-list_entries-json.out", "nochange-json.out",
                             "versions/0.16.2/all-list_entries-plain.out"}) {
        const std::string text = read_file((vectors() / name).string());
        const std::size_t last = text.find_last_not_of('\n');
        REQUIRE(last != std::string::npos);
        for (std::size_t size = 0; size <= last; ++size) {
            for (const auto& report : read_reports(text.substr(0, size))) {
                if (report.whole()) FAIL(name << " cut at " << size);
            }
        }
    }
    SUCCEED("no piece was taken for the whole");
}

TEST_CASE("AIDE states the digest that the database's own text has") {
    if (!have_vectors()) return;
    const UniqueFd fd(::open((vectors() / "base.aide.db").c_str(), O_RDONLY | O_CLOEXEC));
    const auto facts = read_aide_database(fd.get());
    REQUIRE(facts);
    CHECK((facts->begins && facts->ends));
    CHECK(facts->entries == 45);
    const auto reports = read_reports(read_file((vectors() / "nochange-json.out").string()));
    REQUIRE(reports.at(0).databases.size() == 2);
    CHECK(reports[0].databases[0].digest == to_base64(*from_hex(facts->sha256)));
}
