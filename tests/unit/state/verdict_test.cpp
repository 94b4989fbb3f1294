#include "state/verdict.hpp"

#include <catch2/catch.hpp>

using namespace integrityd;

namespace {

using enum Severity;
using enum ViolationState;

struct Known {
    Severity severity;
    ViolationState state;
};

std::map<std::uint64_t, LedgerEntry> entries_of(const std::vector<Known>& known) {
    std::map<std::uint64_t, LedgerEntry> entries;
    for (const Known& one : known) {
        LedgerEntry entry;
        entry.violation.id = entries.size() + 1;
        entry.violation.severity = one.severity;
        entry.violation.state = one.state;
        entries.emplace(entry.violation.id, entry);
    }
    return entries;
}

struct Row {
    std::vector<Known> known;
    std::map<std::string, WatcherState> watchers;
    Verdict verdict;
    std::uint64_t because;
    Severity violated_at = high;
};

const std::map<std::string, WatcherState> seeing = {{"aide", WatcherState::intact}};
const std::map<std::string, WatcherState> starting = {{"aide", WatcherState::intact}, {"tls", WatcherState::starting}};
const std::map<std::string, WatcherState> blind = {{"aide", WatcherState::blind}, {"tls", WatcherState::intact}};
const std::map<std::string, WatcherState> none_enabled = {{"aide", WatcherState::disabled},
                                                          {"tls", WatcherState::absent}};
const std::map<std::string, WatcherState> one_absent = {
    {"aide", WatcherState::violated}, {"luks", WatcherState::absent}, {"tls", WatcherState::disabled}};

}  // namespace

TEST_CASE("the verdict is the first word that holds, from the top [REQ-8] [REQ-14]") {
    const std::vector<Row> rows = {
        // nothing known
        {{}, seeing, Verdict::intact, 0},
        {{}, one_absent, Verdict::intact, 0},
        {{}, {}, Verdict::unknown, 0},
        {{}, none_enabled, Verdict::unknown, 0},
        {{}, starting, Verdict::unknown, 0},
        {{}, blind, Verdict::degraded, 0},
        // what is present
        {{{high, open}}, seeing, Verdict::violated, 1},
        {{{high, acknowledged}}, seeing, Verdict::violated, 1},
        {{{high, open}, {critical, open}}, seeing, Verdict::violated, 2},
        {{{high, open}, {high, open}}, seeing, Verdict::violated, 1},
        {{{high, acknowledged}, {high, open}, {high, open}}, seeing, Verdict::violated, 2},
        {{{critical, acknowledged}, {high, open}}, seeing, Verdict::violated, 1},
        {{{medium, open}}, seeing, Verdict::degraded, 1},
        {{{medium, acknowledged}}, seeing, Verdict::degraded, 1},
        {{{low, open}}, seeing, Verdict::intact, 0},
        {{{record, open}}, seeing, Verdict::intact, 0},
        // what has returned
        {{{high, returned}}, seeing, Verdict::degraded, 1},
        {{{medium, returned}}, seeing, Verdict::intact, 0},
        {{{medium, open}, {critical, returned}}, seeing, Verdict::degraded, 1},
        // the order of the words
        {{{high, open}}, starting, Verdict::violated, 1},
        {{{high, open}}, none_enabled, Verdict::violated, 1},
        {{{medium, open}}, starting, Verdict::unknown, 0},
        {{{high, returned}}, none_enabled, Verdict::unknown, 0},
        {{{high, open}}, blind, Verdict::violated, 1},
        {{{low, open}}, blind, Verdict::degraded, 0},
        // violated_at
        {{{high, open}}, seeing, Verdict::degraded, 1, critical},
        {{{high, returned}}, seeing, Verdict::intact, 0, critical},
        {{{medium, open}}, seeing, Verdict::violated, 1, medium},
        {{{low, open}}, seeing, Verdict::violated, 1, low},
        {{{record, open}}, seeing, Verdict::intact, 0, low},
        {{{record, open}}, seeing, Verdict::intact, 0, record},
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row& row = rows[i];
        const Judgement judgement = judge(entries_of(row.known), row.watchers, row.violated_at);
        INFO("row " << i << ": " << judgement.reason);
        CHECK(to_string(judgement.verdict) == to_string(row.verdict));
        CHECK(judgement.because == row.because);
        CHECK_FALSE(judgement.reason.empty());
    }
}

TEST_CASE("a verdict says its reason in one line") {
    CHECK(judge({}, blind, high).reason == "aide is blind");
    CHECK(judge({}, starting, high).reason == "tls has not completed its first look");
    auto entries = entries_of({{high, returned}});
    entries.at(1).violation.kind = "aide.entry.changed";
    entries.at(1).violation.subject = "/etc/passwd";
    CHECK(judge(entries, seeing, high).reason ==
          "aide.entry.changed /etc/passwd has returned to normal and nobody acknowledged it");
}
