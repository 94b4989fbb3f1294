#include "bus/callers.hpp"

#include <cerrno>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>

#include <catch2/catch.hpp>

using namespace integrityd;

namespace {

constexpr RoleGroups kGroups{900, 901, 902};

// A bus that answers when the test says so.
struct FakeBus {
    std::vector<std::pair<std::string, Callers::Answer>> asked;

    Callers::Ask ask() {
        return [this](const std::string& name, Callers::Answer answer) { asked.emplace_back(name, std::move(answer)); };
    }
    void answer(std::size_t index, const Result<Credentials>& credentials) {
        const auto call = asked.at(index).second;
        call(credentials);
    }
};

Credentials member_of(gid_t gid) {
    return {1000, {100, gid}, 4242};
}

// Notes what identify() says.
struct Seen {
    std::vector<Role> roles;
    std::vector<int> errors;

    Callers::Then then() {
        return [this](const Result<Caller>& caller) {
            if (caller) {
                roles.push_back(caller->role);
            } else {
                errors.push_back(caller.error().code);
            }
        };
    }
};

}  // namespace

TEST_CASE("A role comes from the groups, and root may do all", "[bus][REQ-26]") {
    CHECK(role_of(member_of(50), kGroups) == Role::none);
    CHECK(role_of(member_of(900), kGroups) == Role::reader);
    CHECK(role_of(member_of(901), kGroups) == Role::auditor);
    CHECK(role_of(member_of(902), kGroups) == Role::admin);
    CHECK(role_of({0, {}, 1}, kGroups) == Role::admin);
    CHECK(role_of({1000, {900, 902}, 1}, kGroups) == Role::admin);
}

TEST_CASE("A group that does not exist gives nobody a role", "[bus][REQ-26]") {
    const auto groups = resolve_role_groups([](const std::string&) { return std::optional<gid_t>(); });
    CHECK(role_of({1000, {0, 900, 901, 902}, 1}, groups) == Role::none);
    CHECK(role_of(Credentials{}, groups) == Role::none);
}

TEST_CASE("The roles' groups are looked up by the names of the contract", "[bus]") {
    const std::map<std::string, gid_t> known{{"integrity", 7}, {"integrity-audit", 8}, {"integrity-admin", 9}};
    const auto groups = resolve_role_groups([&](const std::string& name) { return std::optional(known.at(name)); });
    CHECK(groups.reader == 7);
    CHECK(groups.auditor == 8);
    CHECK(groups.admin == 9);
}

TEST_CASE("The bus is asked once for each connection", "[bus]") {
    FakeBus bus;
    Callers callers(kGroups, bus.ask());
    Seen seen;
    callers.identify(":1.5", seen.then());
    callers.identify(":1.5", seen.then());
    REQUIRE(bus.asked.size() == 1);
    CHECK(seen.roles.empty());

    bus.answer(0, member_of(900));
    CHECK(seen.roles == std::vector{Role::reader, Role::reader});

    callers.identify(":1.5", seen.then());
    CHECK(bus.asked.size() == 1);
    CHECK(seen.roles.size() == 3);

    callers.identify(":1.6", seen.then());
    CHECK(bus.asked.size() == 2);
    CHECK(callers.waiting() == 1);
}

TEST_CASE("Who the bus does not know may do nothing and is asked for again", "[bus][REQ-26]") {
    FakeBus bus;
    Callers callers(kGroups, bus.ask());
    Seen seen;
    callers.identify(":1.5", seen.then());
    bus.answer(0, Error{"no such name", EIO});
    CHECK(seen.errors == std::vector{EACCES});
    CHECK(callers.known() == 0);

    callers.identify(":1.5", seen.then());
    CHECK(bus.asked.size() == 2);
}

TEST_CASE("A caller that floods while the bus is asked is told to come later", "[bus][REQ-31][REQ-32]") {
    FakeBus bus;
    Callers callers(kGroups, bus.ask());
    Seen flood;
    for (int call = 0; call < 100; ++call)
        callers.identify(":1.5", flood.then());
    CHECK(flood.errors == std::vector<int>(84, EBUSY));
    CHECK(callers.waiting() == 16);

    Seen other;
    callers.identify(":1.6", other.then());
    bus.answer(1, member_of(902));
    CHECK(other.roles == std::vector{Role::admin});
}

TEST_CASE("Requests that wait are bounded over all callers", "[bus][REQ-31][REQ-32]") {
    FakeBus bus;
    Callers callers(kGroups, bus.ask());
    Seen seen;
    for (int caller = 0; caller < 300; ++caller)
        callers.identify(":1." + std::to_string(caller), seen.then());
    CHECK(callers.waiting() == 256);
    CHECK(seen.errors == std::vector<int>(44, EBUSY));

    for (std::size_t index = 0; index < bus.asked.size(); ++index)
        bus.answer(index, member_of(900));
    CHECK(callers.waiting() == 0);
    CHECK(seen.roles.size() == 256);
}

TEST_CASE("Known callers are bounded, and the least recently used goes first", "[bus][REQ-31]") {
    FakeBus bus;
    Callers callers(kGroups, bus.ask());
    Seen seen;
    const auto meet = [&](const std::string& name) {
        callers.identify(name, seen.then());
        bus.answer(bus.asked.size() - 1, member_of(900));
    };
    for (int caller = 0; caller < 256; ++caller)
        meet(":1." + std::to_string(caller));
    callers.identify(":1.0", seen.then());
    meet(":1.256");
    CHECK(callers.known() == 256);

    const std::size_t asked = bus.asked.size();
    callers.identify(":1.0", seen.then());
    CHECK(bus.asked.size() == asked);
    callers.identify(":1.1", seen.then());
    CHECK(bus.asked.size() == asked + 1);
}

TEST_CASE("A requester is named by user, process and program", "[bus][REQ-20]") {
    const Requester by = describe_requester({Role::admin, {1234, {}, ::getpid()}});
    CHECK(by.uid == 1234);
    CHECK(by.pid == static_cast<std::uint32_t>(::getpid()));
    CHECK(by.exe.find("unit-bus") != std::string::npos);
    CHECK(describe_requester({Role::admin, {1234, {}, 0}}).exe.empty());
}
