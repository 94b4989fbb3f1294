#include <catch2/catch.hpp>

#include "unit/sources/aide_test_support.hpp"

using namespace integrityd;
using namespace integrityd::test;

TEST_CASE("a JSON report is read with its entries, details and database digests") {
    const auto reports = read_reports(json_report());
    REQUIRE(reports.size() == 1);
    const AideReport& report = reports[0];
    CHECK(report.whole());
    CHECK(report.format == AideFormat::json);
    CHECK(report.outcome == AideOutcome::differences);
    CHECK(report.version == "0.18.3");
    CHECK(report.start == 1795313511000000);
    CHECK(report.end == report.start + 1000000);
    CHECK(report.stated.total == 47);
    CHECK(report.seen == std::array<std::uint64_t, 3>{1, 0, 0});
    REQUIRE(report.rows.size() == 1);
    CHECK(report.rows[0].path == "/etc/passwd");
    CHECK(report.rows[0].flags == "f >.... mc..H.. . ");
    REQUIRE(report.rows[0].attributes.size() == 2);
    CHECK(report.rows[0].attributes[0].name == "size");
    CHECK(report.rows[0].attributes[0].new_values == std::vector<std::string>{"22"});
    CHECK(report.rows[0].attributes[1].old_values == std::vector<std::string>{"num=0"});
    CHECK(report.rows[0].attributes[1].new_values == std::vector<std::string>{"num=1", "[1] user.foo = bar"});
    REQUIRE(report.databases.size() == 1);
    CHECK(report.databases[0].algorithm == "sha256");
    CHECK(report.databases[0].digest == "7UB7Phq/X+sQJ7xJQ93s+U+3cuAnvMWndARIuLAfsK8=");
    CHECK(report.paths.contains(AideRowKind::changed, "/etc/passwd"));
    CHECK_FALSE(report.paths.contains(AideRowKind::added, "/etc/passwd"));
    CHECK_FALSE(report.paths.contains(AideRowKind::changed, "/etc/passw"));
}

TEST_CASE("no file name blinds the reader of JSON reports [REQ-17]") {
    // As it stands in the report, as the file is called.
    const std::pair<std::string, std::string> names[] = {
        {"/a\x1f"
         "b",
         "/a\x1f"
         "b"},
        {"/latin1-\xe9\xff", "/latin1-\xe9\xff"},
        {"/esc\\u0027[31m", "/esc\x1b[31m"},
        {"/del\\u0127", "/del\x7f"},
        {"/quote\\\"'", "/quote\"'"},
        {"/back\\\\012", "/back\\012"},
        {"/new\\nline", "/new\nline"},
        {"/raw\nline", "/raw\nline"},
        {"/File: fake", "/File: fake"},
        {"/\\\": {}, \\\"x", "/\": {}, \"x"},
        {"/end_time", "/end_time"},
        {"/" + std::string(4095, 'x'), "/" + std::string(4095, 'x')},
    };
    for (const auto& [written, meant] : names) {
        const auto reports = read_reports(json_report(written));
        REQUIRE(reports.size() == 1);
        CHECK(reports[0].whole());
        REQUIRE(reports[0].rows.size() == 1);
        CHECK(reports[0].rows[0].path == meant);
        CHECK(reports[0].rows[0].attributes.size() == 2);
    }
}

TEST_CASE("escaped bytes are decimal before AIDE 0.19.2 and hexadecimal from there on") {
    CHECK(read_reports(json_report("/x\\u0027", "0.18.3"))[0].rows[0].path == "/x\x1b");
    CHECK(read_reports(json_report("/x\\u0027", "0.19.1"))[0].rows[0].path == "/x\x1b");
    CHECK(read_reports(json_report("/x\\u001b", "0.19.2"))[0].rows[0].path == "/x\x1b");
    CHECK(read_reports(json_report("/x\\u001b", "0.20-dev"))[0].rows[0].path == "/x\x1b");
    const auto wrong = read_reports(json_report("/x\\u001b", "0.18.3"));
    REQUIRE(wrong.size() == 1);
    CHECK_FALSE(wrong[0].whole());
}

TEST_CASE("two names that a plain decoder would take for one are two entries", "[REQ-17]") {
    const std::string text = R"({"start_time": "2026-11-22 02:11:51 +0000", "aide_version": "0.18.3",
"outline": "AIDE found differences between database and filesystem!!",
"number_of_entries": {"total": 2, "added": 0, "removed": 0, "changed": 2},
"changed": {"/dup\u0027": "f >.... mc..H.. . ", "/dup'": "f >.... mc..H.. . "},
"end_time": "2026-11-22 02:11:52 +0000"})";
    const auto reports = read_reports(text);
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].whole());
    REQUIRE(reports[0].rows.size() == 2);
    CHECK(reports[0].rows[0].path == "/dup\x1b");
    CHECK(reports[0].rows[1].path == "/dup'");
}

TEST_CASE("lists without a summary column and ungrouped lists give the same entries") {
    const std::string head = R"({"start_time": "2026-11-22 02:11:51 +0000", "aide_version": "0.18.3",
"outline": "AIDE found differences between database and filesystem!!",
"number_of_entries": {"total": 9, "added": 1, "removed": 1, "changed": 1},)";
    const std::string tail = R"("end_time": "2026-11-22 02:11:52 +0000"})";
    const std::string forms[] = {
        R"("added": ["/a"], "removed": ["/r"], "changed": ["/c"],)",
        R"("added": {"/a": "f+++++++++++++++++"}, "removed": {"/r": "f-----------------"}, "changed": {"/c": "f =.... mc..H.. . "},)",
        R"("entries": {"/a": "f+++++++++++++++++", "/c": "f =.... mc..H.. . ", "/r": "f-----------------"},)",
        R"("entries": {"/a": "added", "/c": "changed", "/r": "removed"},)",
    };
    for (const auto& form : forms) {
        const auto reports = read_reports(head + form + tail);
        REQUIRE(reports.size() == 1);
        CHECK(reports[0].whole());
        REQUIRE(reports[0].rows.size() == 3);
        CHECK(reports[0].rows[0].path == "/c");
        CHECK(reports[0].rows[1].path == "/r");
        CHECK(reports[0].rows[2].path == "/a");
        CHECK(reports[0].rows[2].kind == AideRowKind::added);
    }
}

TEST_CASE("of more entries than wanted the changed and removed come before the added", "[REQ-1]") {
    std::string added;
    std::string changed;
    for (int i = 100; i < 200; ++i) {
        added += "\"/a" + std::to_string(i) + "\",";
        changed += "\"/c" + std::to_string(i) + "\",";
    }
    added.pop_back();
    changed.pop_back();
    const std::string text = R"({"start_time": "2026-11-22 02:11:51 +0000", "aide_version": "0.18.3", "added": [)" +
                             added + R"(], "removed": ["/r"], "changed": [)" + changed +
                             R"(], "end_time": "2026-11-22 02:11:52 +0000"})";
    const auto reports = read_reports(text, 7, 102);
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].seen == std::array<std::uint64_t, 3>{100, 1, 100});
    REQUIRE(reports[0].rows.size() == 102);
    CHECK(reports[0].rows[99].path == "/c199");
    CHECK(reports[0].rows[100].path == "/r");
    CHECK(reports[0].rows[101].path == "/a100");
    CHECK(reports[0].paths.size() == 201);
    CHECK(reports[0].paths.contains(AideRowKind::added, "/a199"));
}

TEST_CASE("reports appended in one file are told one by one, also after one that was cut off", "[REQ-10]") {
    const std::string first = json_report("/first");
    const auto two = read_reports(first + json_report("/second") + plain_report("/third"));
    REQUIRE(two.size() == 3);
    CHECK(two[0].rows[0].path == "/first");
    CHECK(two[1].rows[0].path == "/second");
    CHECK(two[2].rows[0].path == "/third");
    CHECK((two[0].whole() && two[1].whole() && two[2].whole()));

    const auto cut = read_reports(first.substr(0, first.find("\"details\"")) + json_report("/second"));
    REQUIRE(cut.size() == 2);
    CHECK_FALSE(cut[0].whole());
    CHECK(cut[0].rows[0].path == "/first");
    CHECK(cut[1].whole());
    CHECK(cut[1].rows[0].path == "/second");
}

TEST_CASE("a JSON report that is cut off anywhere is never taken for a whole one", "[REQ-10]") {
    const std::string text = json_report();
    const std::size_t last = text.rfind('}');
    for (std::size_t size = 0; size <= last; ++size) {
        for (const auto& report : read_reports(text.substr(0, size))) {
            CHECK_FALSE(report.whole());
        }
    }
}

TEST_CASE("the JSON lines of AIDE 0.20 are read as one report") {
    const std::string text =
        R"({ "type": "startup", "start_time": "2026-11-22 02:27:47 +0000", "aide_version": "0.20-dev" }
{ "type": "outline", "outline": "AIDE found differences between database and filesystem!!" }
{ "type": "config", "root_prefix": "/srv", "report_level": "list_entries" }
{ "type": "number_of_entries", "total": 46, "added": 1, "removed": 0, "changed": 1 }
{ "type": "addition", "/new\u001b": "f+++++++++++++++++" }
{ "type": "change", "/etc": "d =.... m... ...  " }
{ "type": "details", "/etc": { "perm": { "old": "drwx", "new": "d---" }, "acl": { "old": [ "A", "B" ] } } }
{ "type": "databases", "/v.db": { "sha256": "abc" } }
{ "type": "shutdown", "end_time": "2026-11-22 02:27:48 +0000", "run_time_seconds": 0 }
)";
    const auto reports = read_reports(text + text, 11);
    REQUIRE(reports.size() == 2);
    for (const auto& report : reports) {
        CHECK(report.whole());
        CHECK(report.format == AideFormat::json_lines);
        CHECK(report.root_prefix == "/srv");
        CHECK(report.stated.rows[0] == 1);
        REQUIRE(report.rows.size() == 2);
        CHECK(report.rows[0].attributes.size() == 2);
        CHECK(report.rows[1].path == "/new\x1b");
        CHECK(report.databases.size() == 1);
    }
    const auto cut = read_reports(text.substr(0, text.find("{ \"type\": \"details\"")) + text);
    REQUIRE(cut.size() == 2);
    CHECK_FALSE(cut[0].whole());
    CHECK(cut[1].whole());
}

TEST_CASE("a report cannot use up memory by its size", "[REQ-30][REQ-31]") {
    const std::string long_name(200000, 'n');
    const auto reports = read_reports(json_report("/" + long_name));
    REQUIRE(reports.size() == 1);
    CHECK_FALSE(reports[0].whole());
    CHECK(reports[0].seen[0] == 1);
    CHECK(reports[0].rows.empty());
    const auto nested = read_reports(std::string(100000, '{') + std::string(100000, '['));
    CHECK_FALSE(nested.at(0).whole());
}
