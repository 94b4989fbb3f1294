#include "watchers/aide/aide_judge.hpp"

#include <catch2/catch.hpp>

#include "core/digest.hpp"
#include "unit/sources/aide_test_support.hpp"
#include "unit/watchers/present.hpp"
#include "watchers/aide/aide_command.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

const std::string clean = R"({
  "start_time": "2026-11-22 02:11:51 +0000",
  "aide_version": "0.18.3",
  "outline": "AIDE found NO differences between database and filesystem. Looks okay!!",
  "number_of_entries": {
    "total": 47
  },
  "end_time": "2026-11-22 02:11:52 +0000"
}
)";

AideJudgement judged(const std::string& text, const AideRun& run = {}, AideExpectations expected = {}) {
    auto reports = read_reports(text, 65536, expected.max_entries);
    auto report = reports.empty() ? AideReport{} : std::move(reports.back());
    return judge(std::make_shared<const AideReport>(std::move(report)), run, expected);
}

bool fails_with(const AideJudgement& judgement, const std::string& reason) {
    for (const auto& failure : judgement.failures) {
        if (failure.find(reason) != std::string::npos) return !judgement.entries.complete && !judgement.finished;
    }
    return false;
}

}  // namespace

TEST_CASE("that a file was gone before AIDE could look at it is no complaint", "[REQ-10]") {
    const std::string gone =
        "WARNING: get_file_status: lstat() failed for /var/log/syslog.1: No such file or directory\n";
    const auto errors = [](const std::string& said) {
        ChildResult result;
        result.errors = said;
        return run_of(result).errors;
    };
    CHECK(errors(gone + gone).empty());
    CHECK(errors(gone + "WARNING: x\n" + gone) == "WARNING: x\n");
    // Denied, cut short, or broken up by a name: something that nobody can be sure of.
    for (const std::string said : {"WARNING: get_file_status: lstat() failed for /a: Permission denied\n",
                                   "WARNING: get_file_status: lstat() failed for /a: No such file or directory",
                                   "WARNING: get_file_status: lstat() failed for /a\nb: No such file or directory\n",
                                   "WARNING: hash calculation: open() failed for /a: No such file or directory\n"})
        CHECK(errors(said) == said);
    ChildResult cut;
    cut.errors = gone;
    cut.errors_dropped = 1;
    CHECK(run_of(cut).errors == gone);
}

TEST_CASE("a sound report of differences tells each of them with its evidence [REQ-1]") {
    const auto judgement = judged(json_report("/etc/new\\nline"), AideRun{4, "", ""});
    CHECK(judgement.failures.empty());
    CHECK(judgement.finished);
    REQUIRE(judgement.entries.seen.size() == 1);
    const Observation& seen = judgement.entries.seen[0];
    CHECK(seen.kind->name == "aide.entry.changed");
    CHECK(seen.subject == "/etc/new\\x0aline");
    CHECK(seen.evidence.at("path").get<Bytes>()->data == "/etc/new\nline");
    const auto* const attributes = seen.evidence.at("attributes").get<ValueMap>();
    REQUIRE(attributes != nullptr);
    CHECK(attributes->at("size").get<ValueMap>()->at("new").text() == "22");
    CHECK(attributes->at("xattrs").get<ValueMap>()->at("new").get<ValueList>()->size() == 2);
    CHECK(judgement.database == to_hex(*from_base64("7UB7Phq/X+sQJ7xJQ93s+U+3cuAnvMWndARIuLAfsK8=")));
}

TEST_CASE("a complete report without differences takes everything back [REQ-11]") {
    Present present;
    present.report(judged(json_report()).entries);
    CHECK(present.has("aide.entry.changed", "/etc/passwd"));
    present.report(judged(clean, AideRun{0, "", ""}).entries);
    CHECK(present.held.empty());
}

TEST_CASE("each rule of a sound report leads to a failed check [REQ-10]") {
    const std::string report = json_report();
    CHECK(fails_with(judged(""), "no report"));
    CHECK(fails_with(judged(report.substr(0, report.size() / 2)), "cut off"));
    CHECK(fails_with(judged(clean, AideRun{0, "", "WARNING: x\nmore"}), "AIDE complained: WARNING: x"));
    CHECK(fails_with(judged(clean, AideRun{0, "the check was ended by signal 9", ""}), "signal 9"));
    CHECK(fails_with(judged(replaced(report, "\"added\": 0", "\"added\": 47")), "every entry is told as added"));
    CHECK(fails_with(judged(replaced(report, "\"changed\": 1", "\"changed\": 2")),
                     "states 2 entries changed and lists 1"));
    CHECK(fails_with(judged(replaced(report, "\"changed\": 1", "\"changed\": 0")), "states 0 entries changed"));
    CHECK(fails_with(judged(replaced(report, "    \"changed\": 1\n", "    \"other\": 1\n")), "does not state"));
    CHECK(fails_with(judged(report, AideRun{5, "", ""}), "does not agree"));
    CHECK(fails_with(judged(report, AideRun{0, "", ""}), "does not agree"));
    CHECK(fails_with(judged(clean, AideRun{4, "", ""}), "does not agree"));
    CHECK(fails_with(judged(report, AideRun{14, "", ""}), "status 14: an error while writing"));
    CHECK(fails_with(judged(report, AideRun{18, "", ""}), "status 18"));
    CHECK(fails_with(judged(report, AideRun{255, "", ""}), "wrong configuration"));
    CHECK(fails_with(judged(replaced(report, "found differences", "did something")), "outline is unknown"));
}

TEST_CASE("a report is held against the accepted database and against the one before [REQ-10] [REQ-12]") {
    AideExpectations expected;
    expected.accepted_databases = std::vector<std::string>{std::string(64, 'a')};
    CHECK(fails_with(judged(json_report(), {}, expected), "not an accepted one"));
    expected.accepted_databases->push_back(to_hex(*from_base64("7UB7Phq/X+sQJ7xJQ93s+U+3cuAnvMWndARIuLAfsK8=")));
    CHECK(judged(json_report(), {}, expected).finished);

    expected.last_end = *parse_aide_time("2026-11-22 02:11:53 +0000");
    expected.now = expected.last_end;
    CHECK(fails_with(judged(json_report(), {}, expected), "older than one"));
    expected.last_end = *parse_aide_time("2026-11-22 02:11:52 +0000");
    CHECK(judged(json_report(), {}, expected).finished);
    expected.last_end = *parse_aide_time("2040-01-01 00:00:00 +0000");  // before the clock was set right
    CHECK(judged(json_report(), {}, expected).finished);

    expected.last_total = 100;
    expected.last_database = judged(json_report()).database;
    CHECK(fails_with(judged(json_report(), {}, expected), "looked at 47 entries, at 100 the time before"));
    expected.last_database = "another";
    CHECK(judged(json_report(), {}, expected).finished);
}

TEST_CASE("a report that does not state its database is held against the one that is there", "[REQ-11][REQ-12]") {
    AideExpectations expected;
    expected.accepted_databases = std::vector<std::string>{std::string(64, 'a')};
    CHECK(fails_with(judged(clean, {}, expected), "does not state its database"));
    expected.database_there = std::string(64, 'b');
    CHECK(fails_with(judged(clean, {}, expected), "does not state its database"));
    expected.database_there.reset();
    const auto unknown = judged(clean, {}, expected);
    CHECK(unknown.failures.empty());
    CHECK_FALSE(unknown.entries.complete);
    expected.database_there = std::string(64, 'a');
    CHECK(judged(clean, {}, expected).finished);
    expected.baseline_readable = false;
    CHECK_FALSE(judged(clean, {}, expected).entries.complete);
}

TEST_CASE("a check that looked at nothing takes nothing back", "[REQ-11]") {
    CHECK(fails_with(judged(replaced(clean, "\"total\": 47", "\"total\": 0")), "looked at no entry"));
}

TEST_CASE("a report that covers less raises what it says and takes nothing back [REQ-11]") {
    const std::string report = json_report();
    const std::string limited = replaced(report, "\"number_of", "\"limit\": \"/etc\",\n  \"number_of");
    const std::string other = replaced(report, "\"number_of", "\"root_prefix\": \"/mnt\",\n  \"number_of");
    for (const auto& text : {limited, other}) {
        const auto judgement = judged(text);
        CHECK(judgement.failures.empty());
        CHECK(judgement.omissions.size() == 1);
        CHECK(judgement.entries.seen.size() == 1);
        CHECK_FALSE(judgement.entries.complete);
        CHECK_FALSE(judgement.finished);
    }
    const auto compared = judged(replaced(report, "database and filesystem", "the two databases"));
    CHECK(compared.failures.empty());
    CHECK(compared.entries.seen.empty());  // says nothing of files
    CHECK_FALSE(compared.entries.complete);
    CHECK_FALSE(compared.finished);

    AideExpectations expected;
    expected.root_prefix = "/mnt";
    CHECK(judged(other, {}, expected).finished);
    CHECK_FALSE(judged(report, {}, expected).finished);

    const auto made = judged(replaced(clean, "AIDE found NO differences between database and filesystem. Looks okay!!",
                                      "AIDE successfully initialized database."));
    CHECK(made.failures.empty());
    CHECK(made.entries.seen.empty());
    CHECK_FALSE(made.finished);
}

TEST_CASE("a report level without lists is told where there are differences, and none matters without") {
    std::string summary_level = json_report();
    const std::size_t lists = summary_level.find("  \"changed\": {");
    summary_level.erase(lists, summary_level.find("  \"databases\"") - lists);
    summary_level = replaced(summary_level, "\"number_of", "\"report_level\": \"summary\",\n  \"number_of");
    CHECK(fails_with(judged(summary_level), "report level summary"));
    CHECK(judged(replaced(clean, "\"number_of", "\"report_level\": \"summary\",\n  \"number_of")).finished);
}

TEST_CASE("more entries than wanted are one flood with exact numbers, and what is gone is judged by all rows [REQ-1]") {
    std::string many = R"({"start_time": "2026-11-22 02:11:51 +0000", "aide_version": "0.18.3",
"outline": "AIDE found differences between database and filesystem!!",
"number_of_entries": {"total": 900, "added": 2, "removed": 1, "changed": 2},
"added": ["/a1", "/a2"], "removed": ["/r"], "changed": ["/c1", "/c2"], "end_time": "2026-11-22 02:11:52 +0000"})";
    Present present;
    AideExpectations all;
    present.report(judged(many, {}, all).entries);
    CHECK(present.held.size() == 5);
    CHECK(present.count("aide.entry.flood") == 0);

    AideExpectations few;
    few.max_entries = 3;
    present.report(judged(many, {}, few).entries);
    CHECK(present.held.size() == 6);
    const auto& flood = present.get("aide.entry.flood", "report");
    CHECK(flood.evidence.at("added").number() == 2);
    CHECK(flood.evidence.at("removed").number() == 1);
    CHECK(flood.evidence.at("changed").number() == 2);
    CHECK(flood.evidence.at("told").number() == 3);

    many = replaced(replaced(many, "\"/a1\", ", ""), "\"added\": 2", "\"added\": 1");
    present.report(judged(many, {}, few).entries);
    CHECK_FALSE(present.has("aide.entry.added", "/a1"));
    CHECK(present.has("aide.entry.added", "/a2"));
    CHECK(present.has("aide.entry.flood", "report"));
    present.report(judged(clean).entries);
    CHECK(present.held.empty());
}

TEST_CASE("a path that was changed and is now removed is another violation") {
    Present present;
    present.report(judged(json_report()).entries);
    std::string removed = replaced(json_report(), "  \"changed\": {", "  \"removed\": {");
    removed = replaced(replaced(removed, "\"removed\": 0", "\"removed\": 1"), "\"changed\": 1", "\"changed\": 0");
    present.report(judged(removed).entries);
    CHECK_FALSE(present.has("aide.entry.changed", "/etc/passwd"));
    CHECK(present.has("aide.entry.removed", "/etc/passwd"));
}

TEST_CASE("rows that may be forged are not told one by one") {
    AideReport report = std::move(read_reports(json_report()).back());
    report.rows_trusted = false;
    report.seen[0] = 2;
    const auto judgement = judge(std::make_shared<const AideReport>(std::move(report)), {}, {});
    CHECK(fails_with(judgement, "states 1 entries changed and lists 2"));
    REQUIRE(judgement.entries.seen.size() == 1);
    CHECK(judgement.entries.seen[0].kind->name == "aide.entry.flood");
    CHECK(judgement.entries.seen[0].evidence.at("changed").number() == 1);
}

TEST_CASE("the evidence of an entry stays small, whatever its attributes are [REQ-31]") {
    std::string values;
    for (int i = 0; i < 60; ++i)
        values += "\"" + std::string(2000, '\x01') + "\",";
    values.pop_back();
    const auto judgement = judged(replaced(json_report(), "\"num=1\",", values + ","));
    REQUIRE(judgement.entries.seen.size() == 1);
    const auto& evidence = judgement.entries.seen[0].evidence;
    std::size_t size = 0;
    for (const auto& value :
         *evidence.at("attributes").get<ValueMap>()->at("xattrs").get<ValueMap>()->at("new").get<ValueList>())
        size += value.text().size();
    CHECK(size <= 33000);
    CHECK(evidence.at("attributes_cut").number() > 0);
}
