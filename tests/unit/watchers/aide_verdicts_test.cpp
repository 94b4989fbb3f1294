// Every report of the vectors, with the exit status and the errors of the run that made it.
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>

#include "support/skip.hpp"
#include "unit/sources/aide_test_support.hpp"
#include "watchers/aide/aide_judge.hpp"

using namespace integrityd;
using namespace integrityd::test;
namespace fs = std::filesystem;

namespace {

enum class Verdict : std::uint8_t { clean, differences, less, failed };

fs::path vectors() {
    const char* const set = std::getenv("INTEGRITYD_VECTORS");
    if (set != nullptr) return fs::path(set) / "aide" / "generated";
    for (fs::path up = fs::current_path(); up != up.root_path(); up = up.parent_path()) {
        if (fs::exists(up / "shared/vectors/aide/generated")) return up / "shared/vectors/aide/generated";
    }
    return {};
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// What the manifest says of the run.
Verdict expected_verdict(const std::string& name, int code) {
    // Broken databases, refused runs; levels that list nothing; an old entry without a rule; report_quiet.
    static const std::set<std::string> failed = {
        "partial-plain", "partial-json", "nochange-quiet-plain", "nochange-quiet-json", "dry-init",
        "ok-config",     "err-empty-db", "err-dup-db",           "err-corrupt-db",      "err-garbage-db"};
    if (code > 7 || failed.contains(name) || has(name, "minimal") || has(name, "summary") ||
        (has(name, "database_attributes") && !has(name, "0.16.2")) || has(name, "trunc") ||
        has(name, "err-garbage-db") || has(name, "err-empty-db") || name == "url-multi") {
        return Verdict::failed;
    }
    if (has(name, "init") || has(name, "limit") || has(name, "compare")) return Verdict::less;
    return code == 0 ? Verdict::clean : Verdict::differences;
}

Verdict verdict_of(const AideJudgement& judgement) {
    if (!judgement.failures.empty()) return Verdict::failed;
    if (!judgement.omissions.empty()) return Verdict::less;
    return judgement.entries.seen.empty() ? Verdict::clean : Verdict::differences;
}

std::size_t judge_all(const fs::path& directory, const std::regex& form) {
    std::istringstream lines(read_file((directory / "INDEX.txt").string()));
    std::size_t judged = 0;
    for (std::string line; std::getline(lines, line);) {
        std::smatch parts;
        if (!std::regex_search(line, parts, form)) continue;
        std::string name = parts[1];
        std::replace(name.begin(), name.end(), ' ', '/');
        // Several runs share these names; their output did not go to standard output.
        if (name == "err-badconfig" || name == "err-devfull" || name == "url-file" || name == "url-fd") continue;
        if (!fs::exists(directory / (name + ".out"))) continue;
        AideRun run;
        run.exit_code = std::stoi(parts[2]);
        run.errors = read_file((directory / (name + ".err")).string());
        auto reports = read_reports(read_file((directory / (name + ".out")).string()));
        auto report = reports.empty() ? AideReport{} : std::move(reports.back());
        AideExpectations expected;
        expected.root_prefix = report.outcome == AideOutcome::compared ? "" : "/srv/dev/aide/tree";
        const auto judgement = judge(std::make_shared<const AideReport>(std::move(report)), run, expected);
        INFO(name << ": " << (judgement.failures.empty() ? "" : judgement.failures.front()));
        CHECK(static_cast<int>(verdict_of(judgement)) == static_cast<int>(expected_verdict(name, *run.exit_code)));
        CHECK(judgement.entries.complete == (verdict_of(judgement) <= Verdict::differences));
        ++judged;
    }
    return judged;
}

}  // namespace

TEST_CASE("every report of the vectors gets the verdict that its run deserves [REQ-10]") {
    if (!skip_unless(fs::exists(vectors() / "INDEX.txt"), "needs the vectors (INTEGRITYD_VECTORS)")) return;
    CHECK(judge_all(vectors(), std::regex("^(\\S+) rc=(\\d+)")) > 60);
    CHECK(judge_all(vectors() / "versions", std::regex("^(\\S+ \\S+) rc=(\\d+)")) > 50);
}
