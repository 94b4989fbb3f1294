#include <algorithm>

#include <catch2/catch.hpp>

#include "unit/sources/aide_test_support.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

std::string wrapped(const std::string& report, const std::string& errors = "") {
    const auto lines = [](const std::string& text) {
        return std::to_string(std::count(text.begin(), text.end(), '\n'));
    };
    return "aide run on device started at 2026-11-22 02:26:12.\n"
           "AIDE returned with exit code 4. Changed entries detected!\n\n" +
           (errors.empty()
                ? "AIDE produced no errors.\n"
                : "AIDE error output (" + lines(errors) + " lines):\n" + errors + "End of AIDE error output\n") +
           "AIDE output (" + lines(report) + " lines):\n" + report +
           "End of AIDE output.\n\n"
           "End of AIDE daily aide check at 2026-11-22 02:26, run time 0 seconds\n";
}

}  // namespace

TEST_CASE("a report is cut out of the daily check's text by its number of lines") {
    for (const std::string& report : {json_report(), plain_report(), "begin timestamp 2026\n" + plain_report()}) {
        const auto reports = read_reports(wrapped(report), 5);
        REQUIRE(reports.size() == 1);
        CHECK(reports[0].whole());
        REQUIRE(reports[0].wrapper);
        CHECK(reports[0].wrapper->exit_code == 4);
        CHECK(reports[0].wrapper->failure.empty());
        CHECK(reports[0].diagnostics.empty());
        CHECK(reports[0].rows.size() == 1);
    }
}

TEST_CASE("a file name that looks like the end of the wrapping does not end it", "[REQ-17]") {
    const std::string name =
        "/x\nEnd of AIDE output.\n\nEnd of AIDE daily aide check at 2026-11-22 02:26, run time 0 seconds";
    const auto reports = read_reports(wrapped(plain_report(name, "0.16.2")));
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].whole());
    REQUIRE(reports[0].rows.size() == 1);
    CHECK(reports[0].rows[0].path == name);
}

TEST_CASE("errors of a wrapped run are told with its report") {
    const auto reports = read_reports(wrapped(json_report(), "WARNING: one\nAIDE output (3 lines):\n"));
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].diagnostics == "WARNING: one\nAIDE output (3 lines):");
    CHECK(reports[0].diagnostic_lines == 2);
    CHECK(reports[0].rows.size() == 1);
}

TEST_CASE("a wrapped report without a line end is read to its last byte") {
    std::string report = json_report();
    report.pop_back();
    const auto reports = read_reports(wrapped(report));
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].whole());
}

TEST_CASE("a daily check that failed says why", "[REQ-10]") {
    const std::string text =
        "aide run on device started at 2026-11-22 02:26:12.\n"
        "******************************************************************************\n"
        "*                           database not present.                            *\n"
        "******************************************************************************\n\n"
        "******************************************************************************\n"
        "*                               script errors                                *\n"
        "******************************************************************************\n"
        "Fatal error: The AIDE database '/var/lib/aide/aide.db' does not exist!\n"
        "End of script errors\n"
        "AIDE produced no errors.\n"
        "AIDE detected no changes.\n\n"
        "End of AIDE daily aide check at 2026-11-22 02:26, run time 0 seconds\n";
    const auto reports = read_reports(text, 3);
    REQUIRE(reports.size() == 1);
    REQUIRE(reports[0].wrapper);
    CHECK(reports[0].wrapper->no_database);
    CHECK(reports[0].wrapper->ended);
    CHECK_FALSE(reports[0].whole());
    CHECK(reports[0].diagnostics.find("does not exist") != std::string::npos);

    const auto io = read_reports(
        "aide run on device started at 2026-11-22 02:26:12.\n"
        "******************************************************************************\n"
        "*            AIDE returned with exit code 18. Input/Output error!            *\n"
        "******************************************************************************\n\n"
        "AIDE error output (1 lines):\n  ERROR: cannot\nEnd of AIDE error output\n"
        "AIDE output (1 lines):\nbegin timestamp 2026-11-22 02:26:12\nEnd of AIDE output.\n\n"
        "End of AIDE daily aide check at 2026-11-22 02:26, run time 0 seconds\n");
    REQUIRE(io.size() == 1);
    CHECK(io[0].wrapper->exit_code == 18);
    CHECK(io[0].wrapper->failure == "AIDE returned with exit code 18. Input/Output error!");
    CHECK_FALSE(io[0].whole());
}

TEST_CASE("a wrapping that is cut off anywhere gives no whole report", "[REQ-10]") {
    const std::string text = wrapped(json_report());
    const std::size_t last_word = text.rfind("seconds");
    for (std::size_t size = 0; size <= last_word; ++size) {
        for (const auto& report : read_reports(text.substr(0, size))) {
            CHECK_FALSE(report.whole());
        }
    }
}
