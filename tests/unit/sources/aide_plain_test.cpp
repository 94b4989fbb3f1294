#include <catch2/catch.hpp>

#include "unit/sources/aide_test_support.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

const std::string rule = "---------------------------------------------------\n";

std::string old_report(const std::string& rows, const std::string& rest, int changed) {
    return "Start timestamp: 2026-11-22 02:11:51 +0000 (AIDE 0.16.2)\n"
           "AIDE found differences between database and filesystem!!\n\n"
           "Summary:\n  Total number of entries:\t47\n  Added entries:\t\t0\n  Removed entries:\t\t0\n"
           "  Changed entries:\t\t" +
           std::to_string(changed) + "\n\n" + rule + "Changed entries:\n" + rule + "\n" + rows + rest +
           "\n\nEnd timestamp: 2026-11-22 02:11:52 +0000 (run time: 0m 1s)\n";
}

}  // namespace

TEST_CASE("a plain report is read with its entries, wrapped details and database digests") {
    const auto reports = read_reports(plain_report());
    REQUIRE(reports.size() == 1);
    const AideReport& report = reports[0];
    CHECK(report.whole());
    CHECK(report.format == AideFormat::plain);
    CHECK(report.version == "0.18.3");
    CHECK(report.end == 1795313512000000);
    CHECK(report.stated.rows[0] == 1);
    REQUIRE(report.rows.size() == 1);
    CHECK(report.rows[0].path == "/etc/passwd");
    REQUIRE(report.rows[0].attributes.size() == 3);
    CHECK(report.rows[0].attributes[0].old_values == std::vector<std::string>{"11"});
    CHECK(report.rows[0].attributes[1].name == "sha256");
    CHECK(report.rows[0].attributes[1].old_values ==
          std::vector<std::string>{"fPH5QAJcJ8eOXkpwdRnw4GF4cC5twWci89SOE/XmDZ4="});
    CHECK(report.rows[0].attributes[1].new_values ==
          std::vector<std::string>{"vCo6BvDZ3hN3rg0m+kNs8L96c+1ZGlnyXtNCxLLD+lE="});
    CHECK(report.rows[0].attributes[2].new_values ==
          std::vector<std::string>{"num=1", "[1] security.capability <=> AQAAAgAgAAAAAAAAAAAAAAAAAAA="});
    REQUIRE(report.databases.size() == 1);
    CHECK(report.databases[0].digest == "7UB7Phq/X+sQJ7xJQ93s+U+3cuAnvMWndARIuLAfsK8=");
}

TEST_CASE("no file name makes another path of a plain report [REQ-17]") {
    const std::pair<std::string, std::string> names[] = {
        {"/weird/f   ...    .H... : x", "/weird/f   ...    .H... : x"},
        {"/weird/File: fake", "/weird/File: fake"},
        {"/weird/File: /fake", "/weird/File: /fake"},
        {"/a: /b", "/a: /b"},
        {"/new\\012line\\033[31m", "/new\nline\x1b[31m"},
        {"/back\\134012oct", "/back\\012oct"},
        {"/back\\slash", "/back\\slash"},
        {"/latin1-\xe9", "/latin1-\xe9"},
        {"/trail ", "/trail "},
        {"/pipe | in name", "/pipe | in name"},
        {"/" + std::string(4095, 'x'), "/" + std::string(4095, 'x')},
    };
    for (const auto& [written, meant] : names) {
        const auto reports = read_reports(plain_report(written));
        REQUIRE(reports.size() == 1);
        CHECK(reports[0].whole());
        REQUIRE(reports[0].rows.size() == 1);
        CHECK(reports[0].rows[0].path == meant);
        CHECK(reports[0].rows[0].attributes.size() == 3);
    }
}

TEST_CASE("a name with line breaks in a report that does not escape it is one entry", "[REQ-17]") {
    const std::string names[] = {"/weird/new\nline", "/weird/\nAdded entries:\n", "/x\n\ny", "/x\n" + rule + "z",
                                 "/x\nEnd timestamp: 2026-11-22 02:11:52 +0000 (run time: 0m 1s)\ny"};
    for (const auto& name : names) {
        const std::string rows = "f >.... m...C...: " + name + "\nf >.... m...C...: /last\n";
        const auto listed =
            read_reports(old_report(rows, "\n" + rule + "Detailed information about changes:\n" + rule + "\n", 2));
        REQUIRE(listed.size() == 1);
        CHECK(listed[0].ended);
        CHECK(listed[0].rows_trusted);
        REQUIRE(listed[0].rows.size() == 2);
        CHECK(find_row(listed[0], name) != nullptr);
        CHECK(find_row(listed[0], "/last") != nullptr);
    }
}

TEST_CASE("a name that forges an entry of a report that does not escape it is found out by the numbers",
          "[REQ-10][REQ-17]") {
    const std::string rows = "f >.... m...C...: /real\nf >.... m...C...: /forged\n";
    const auto reports = read_reports(old_report(rows, "", 1));
    REQUIRE(reports.size() == 1);
    CHECK_FALSE(reports[0].rows_trusted);
    CHECK(reports[0].seen[0] == 2);
    CHECK(reports[0].stated.rows[0] == 1);
}

TEST_CASE("details and database names make no entries") {
    std::string text = plain_report();
    text.insert(text.find("\n\n\n" + rule + "The attributes"),
                "\n" + rule + "Added entries:\n" + rule + "\nf+++++++++++++++++: /forged\n");
    const auto reports = read_reports(text);
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].rows_seen() == 1);
}

TEST_CASE("words instead of the summary column are read, grouped or not") {
    for (const std::string title : {"Added, removed and changed entries:", "Changed entries:"}) {
        std::string text = plain_report();
        text.replace(text.find("f >.... mc..H.. . : "), 20, "changed: ");
        text.replace(text.find("Changed entries:\n---"), 16, title);
        const auto reports = read_reports(text);
        REQUIRE(reports.size() == 1);
        CHECK(reports[0].whole());
        REQUIRE(reports[0].rows.size() == 1);
        CHECK(reports[0].rows[0].flags.empty());
        CHECK(reports[0].rows[0].kind == AideRowKind::changed);
    }
}

TEST_CASE("what stands before a plain report is AIDE's own complaint") {
    const auto reports = read_reports("File database must have one db_spec specification\n" + plain_report());
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].diagnostics == "File database must have one db_spec specification");
    const auto entries = read_reports("Entry /a\nb in databases has different attributes: +caps\n" + plain_report());
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].diagnostics.empty());
    CHECK(entries[0].different_attributes == 1);
}

TEST_CASE("a plain report that is cut off anywhere is never taken for a whole one", "[REQ-10]") {
    const std::string text = plain_report();
    for (std::size_t size = 0; size + 1 < text.size(); ++size) {
        for (const auto& report : read_reports(text.substr(0, size))) {
            CHECK_FALSE(report.whole());
        }
    }
}

TEST_CASE("the size of the pieces does not matter") {
    const std::string text = "WARNING: x\n" + plain_report() + json_report() + plain_report("/old\nname", "0.16.2");
    const std::string whole = summary(read_reports(text));
    for (const std::size_t chunk : {1U, 2U, 3U, 7U, 61U, 4096U}) {
        CHECK(summary(read_reports(text, chunk)) == whole);
    }
}

TEST_CASE("times of reports are read with their zone") {
    CHECK(parse_aide_time("1970-01-01 01:00:01 +0100") == 1000000U);
    CHECK(parse_aide_time("1970-01-01 00:00:01 -0030") == 1801000000U);
    CHECK_FALSE(parse_aide_time("2026-11-22 02:11:51"));
    CHECK_FALSE(parse_aide_time("2026-13-22 02:11:51 +0000"));
    CHECK_FALSE(parse_aide_time("2026-11-22 02:11:5x +0000"));
    CHECK_FALSE(parse_aide_time("1970-01-01 00:00:01 +0100"));
}
