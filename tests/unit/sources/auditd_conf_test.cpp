#include "sources/auditd_conf.hpp"

#include <map>

#include <catch2/catch.hpp>

using namespace integrityd;

namespace {

std::optional<gid_t> group_in(std::string_view text) {
    const std::map<std::string, gid_t> known{{"adm", 4}, {"root", 0}};
    return auditd_log_group(text, [&known](const std::string& name) {
        const auto found = known.find(name);
        return found == known.end() ? std::nullopt : std::optional(found->second);
    });
}

}  // namespace

TEST_CASE("auditd's log_group is read as auditd reads it: a name or a number, root's where nothing is set") {
    CHECK(group_in("local_events = yes\nlog_group = adm\nlog_format = ENRICHED\n") == 4);
    CHECK(group_in("LOG_GROUP = adm") == 4);
    CHECK(group_in("  log_group\t=\tadm  \r\nother = x") == 4);
    CHECK(group_in("log_group=adm") == 4);
    CHECK(group_in("log_group = 1234\n") == 1234);
    CHECK(group_in("log_group = root\nlog_group = adm\n") == 4);
    CHECK(group_in("") == 0);
    CHECK(group_in("#log_group = adm\n# log_group = adm\nlog_groups = adm\nlog_group\n") == 0);
}

TEST_CASE("a log_group that the system does not know, or that is none, is not known") {
    for (const char* const text : {"log_group = nobodys", "log_group =", "log_group = 4x", "log_group = 4294967296",
                                   "log_group = -1", "log_group = ="})
        CHECK_FALSE(group_in(text));
    CHECK_FALSE(group_in("log_group = " + std::string(100'000, 'a')));
}
