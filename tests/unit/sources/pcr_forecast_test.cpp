// PCR 7 of the next boot: the oracle is the log of that boot, replayed.
#include "sources/pcr_forecast.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "support/cip_boot.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

// efivarfs after this boot.
EfiVariables variables_of(const CipBoot& boot) {
    EfiVariables variables;
    variables.values = {{"SecureBoot", "\x01"},    {"SetupMode", std::string(1, '\0')},
                        {"PK", boot.platform_key}, {"KEK", boot.exchange_keys},
                        {"db", boot.db},           {"dbx", boot.dbx}};
    return variables;
}

PcrForecast forecast(const std::string& log, const EfiVariables& variables, std::vector<PcrBank> now) {
    return forecast_pcrs(std::move(now), parse_event_log(log), variables);
}

std::string revoked(char first, char second) {
    return hash_list({std::string(32, first), std::string(32, second)});
}

}  // namespace

TEST_CASE("PCR 7 is forecast as the next boot measures it, in every bank [REQ-52]") {
    const CipBoot boot;
    const std::string log = boot.log().bytes();
    CipBoot next = boot;
    std::vector<std::string> changed;
    SECTION("as now, where nothing was changed") {}
    SECTION("with a dbx that has grown") {
        next.dbx += hash_list({std::string(32, '\x03')});
        changed = {"dbx"};
    }
    SECTION("with other keys") {
        next.db = signature_list({"another certificate"});
        next.platform_key = signature_list({"another key"});
        changed = {"PK", "db"};
    }
    SECTION("with an empty dbx") {
        next.dbx.clear();
        changed = {"dbx"};
    }
    const auto found = forecast(log, variables_of(next), pcrs_after(log));
    CHECK(found.now == pcrs_after(log));
    CHECK(found.next == pcrs_after(next.log().bytes()));
    CHECK(found.changed == changed);
}

TEST_CASE("a forecast is made only of what is certain [REQ-52]") {
    const CipBoot boot;
    EditedLog log = boot.log();
    auto now = pcrs_after(log.bytes());
    EfiVariables variables = variables_of(boot);
    variables.values["dbx"] += hash_list({std::string(32, '\x03')});
    REQUIRE(forecast(log.bytes(), variables, now).next != now);
    std::string problem;
    SECTION("not without efivarfs") {
        variables.values.clear();
        problem = "PK cannot be read";
    }
    SECTION("not of a variable that could not be read") {
        variables.values.erase("dbx");
        variables.unread = {"dbx"};
        problem = "dbx cannot be read";
    }
    SECTION("not where only the order of the keys is another") {
        REQUIRE(variables_of(boot).values["dbx"] == revoked('\x01', '\x02'));
        variables.values["dbx"] = revoked('\x02', '\x01');
    }
    SECTION("not where the log does not lead to the PCR") {
        for (PcrBank& bank : now)
            bank.values[7][0] ^= 1;
        variables.unread = {"db"};  // so that it matters to nothing
    }
    SECTION("not of data that were not measured") {
        const auto found = std::ranges::find_if(
            log.events, [&](const EditedEvent& event) { return event.pcr == 7 && event.data.ends_with(boot.dbx); });
        REQUIRE(found != log.events.end());
        found->data.back() ^= 1;
    }
    SECTION("not without a log") {
        log.events.clear();
    }
    const auto found = forecast(log.bytes(), variables, now);
    CHECK(found.next == now);
    CHECK(found.changed.empty());
    CHECK(found.problem == problem);
}
