// Every member of the interfaces, through the generated proxies: signatures are those of the XML on both sides.
#include <poll.h>
#include <sstream>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <sdbus-c++/sdbus-c++.h>

#include "manager_proxy.hpp"
#include "support/bus_rig.hpp"
#include "watcher_proxy.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

constexpr auto kName = "org.cip_project.Integrity1";
const std::string kPath = "/org/cip_project/Integrity1";

using BusDict = std::map<std::string, sdbus::Variant>;
using BusViolation = sdbus::Struct<uint64_t, std::string, std::string, std::string, std::string, std::string, uint64_t,
                                   uint64_t, uint32_t, BusDict>;
using BusEvent =
    sdbus::Struct<uint64_t, uint64_t, uint64_t, std::string, std::string, BusViolation, BusDict, std::string>;
using ManagerBase = sdbus::ProxyInterfaces<org::cip_project::Integrity1::Manager_proxy, sdbus::ObjectManager_proxy,
                                           sdbus::Properties_proxy>;

class Manager final : public ManagerBase {
public:
    explicit Manager(sdbus::IConnection& connection) : ManagerBase(connection, kName, kPath) { registerProxy(); }
    ~Manager() { unregisterProxy(); }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    std::string seen;

private:
    void onEventAdded(const BusEvent& event) override {
        const BusViolation& violation = event.get<5>();
        const std::size_t actors = violation.get<9>().count("actor") + event.get<6>().count("actor");
        seen += "event " + std::to_string(event.get<0>()) + " " + event.get<4>() + " " + violation.get<4>() +
                " actors " + std::to_string(actors) + "\n";
    }
    void onInterfacesAdded(const sdbus::ObjectPath& path, const std::map<std::string, BusDict>&) override {
        seen += "added " + path + "\n";
    }
    void onInterfacesRemoved(const sdbus::ObjectPath& path, const std::vector<std::string>&) override {
        seen += "removed " + path + "\n";
    }
    void onPropertiesChanged(const std::string&, const BusDict& changed, const std::vector<std::string>&) override {
        seen += "changed";
        for (const auto& [name, value] : changed)
            seen += " " + name + (name == "State" ? "=" + value.get<std::string>() : "");
        seen += "\n";
    }
};

using WatcherBase = sdbus::ProxyInterfaces<org::cip_project::Integrity1::Watcher_proxy>;

class WatcherProxy final : public WatcherBase {
public:
    WatcherProxy(sdbus::IConnection& connection, const std::string& name)
        : WatcherBase(connection, kName, kPath + "/watcher/" + name) {
        registerProxy();
    }
    ~WatcherProxy() { unregisterProxy(); }
    WatcherProxy(const WatcherProxy&) = delete;
    WatcherProxy& operator=(const WatcherProxy&) = delete;
};

struct Client {
    std::unique_ptr<sdbus::IConnection> connection = sdbus::createSystemBusConnection();
    Manager manager{*connection};

    // Handles what comes until `word` was seen.
    void follow_until(const std::string& word) {
        while (manager.seen.find(word) == std::string::npos) {
            const auto wanted = connection->getEventLoopPollData();
            pollfd descriptor{wanted.fd, wanted.events, 0};
            if (!connection->processPendingRequest()) ::poll(&descriptor, 1, wanted.getPollTimeout());
        }
    }
};

// What a client sees that asks through the proxy.
std::string through_proxy(BusRig& rig, const std::function<void(Client&, std::ostream&)>& ask) {
    return as(rig.loop, std::nullopt, [&](BusClient::Side&) {
        Client client;
        std::ostringstream seen;
        ask(client, seen);
        return seen.str();
    });
}

template <typename Call>
std::string error_of(Call&& call) {
    try {
        call();
    } catch (const sdbus::Error& error) {
        return short_error(error.getName());
    }
    return "none";
}

BusDict filter(const std::string& name, const std::string& text) {
    return {{name, sdbus::Variant(text)}};
}

}  // namespace

TEST_CASE("Reading methods give what the daemon says", "[bus][REQ-2]") {
    BusRig rig;
    const std::string seen = through_proxy(rig, [](Client& client, std::ostream& out) {
        Manager& manager = client.manager;
        const auto [violations, sequence] = manager.ListViolations(filter("source", "aide"), 0, 0);
        out << violations.size() << " at " << sequence << "\n";
        for (const auto& violation : violations)
            out << violation.get<0>() << " " << violation.get<1>() << " " << violation.get<9>().count("actor") << "\n";
        out << manager.GetViolation(2).get<4>() << "\n";
        const auto [events, pruned, stream] = manager.ListEvents(8, 5000);
        out << events.size() << " " << events.at(0).get<0>() << " " << pruned << " " << stream << "\n";
        for (const std::string& line : manager.ExportEvents(0, 7))
            out << line << "\n";
        const auto [difference, digest] = manager.DiffBaseline("aide");
        out << difference << " " << digest << "\n" << manager.GetReport("watchers") << "\n";
        const auto [intact, checked, detail] = manager.VerifyEvents();
        out << intact << " " << checked << " " << detail << "\n";
    });
    CHECK(seen ==
          "2 at 9\n1 aide.entry.changed 1\n2 aide.entry.changed 1\n/etc/passwd\n1 9 5 stream-1\n"
          "{\"sequence\":8}\n{\"sequence\":9}\n{\"added\":3} d1\n{}\n1 12 head\n");
    CHECK(rig.service.asked == std::vector<std::string>{"list aide// 0 256", "get 2 0", "events 8 1000", "export 0 7",
                                                        "diff aide 0 0", "report watchers 0 0", "verify 0 0"});
}

TEST_CASE("Acting methods reach the daemon with who asked", "[bus][REQ-20]") {
    BusRig rig;
    BusClient client(rig.loop, std::nullopt, [](BusClient::Side&) {
        Client own;
        own.manager.Acknowledge({2, 3}, "seen");
        own.manager.Check("aide");
        own.manager.TestRecipient("journal");
        WatcherProxy(*own.connection, "aide").Check();
        return std::to_string(own.manager.AcceptBaseline("aide", "d1", {1}, "update"));
    });
    REQUIRE(run_until(rig.loop, [&] { return !rig.service.accepting.empty(); }));
    rig.service.accepting.front()(4U);
    CHECK(client.result() == "4");
    CHECK(rig.service.asked == std::vector<std::string>{"acknowledge seen 2 2", "check aide 0 0", "test journal 0 0",
                                                        "check aide 0 0", "accept aide d1 update 1 0"});
    CHECK(rig.service.requester.uid == ::geteuid());
    CHECK(rig.service.requester.pid != 0);
    CHECK(rig.service.requester.exe.find("integration-bus") != std::string::npos);
}

TEST_CASE("Properties, watchers and the object manager show the state", "[bus]") {
    BusRig rig;
    const std::string seen = through_proxy(rig, [](Client& client, std::ostream& out) {
        Manager& manager = client.manager;
        out << manager.Version() << " " << manager.State() << " " << manager.StateSince() << " "
            << manager.OpenViolations().at("high") << " " << manager.LastSequence() << " " << manager.StreamId() << " "
            << manager.MaintenanceUntil() << "\n";
        for (const auto& [path, interfaces] : manager.GetManagedObjects())
            out << path << " " << interfaces.count("org.cip_project.Integrity1.Watcher") << "\n";
        WatcherProxy aide(*client.connection, "aide");
        out << aide.Name() << " " << aide.State() << " " << aide.Detail() << " " << aide.BlindSince() << " "
            << aide.LastLook() << " " << aide.NextLook() << " " << aide.Counters().at("looks") << "\n";
    });
    CHECK(seen ==
          "1.2.3 violated 77 2 9 stream-1 0\n/org/cip_project/Integrity1/watcher/aide 1\naide intact  0 5 0 3\n");
}

TEST_CASE("A refusal has its name", "[bus][REQ-29][REQ-31]") {
    BusRig rig;
    const std::string seen = through_proxy(rig, [](Client& client, std::ostream& out) {
        Manager& manager = client.manager;
        out << error_of([&] { manager.GetViolation(99); }) << " "
            << error_of([&] { manager.ListViolations(filter("colour", "red"), 0, 0); }) << " "
            << error_of([&] { manager.Acknowledge({}, ""); }) << " "
            << error_of([&] { manager.Acknowledge(std::vector<std::uint64_t>(200'000, 1), ""); }) << " "
            << error_of([&] { manager.Acknowledge({1}, std::string(5000, 'c')); }) << " "
            << error_of([&] { manager.Check("busy"); }) << " "
            << error_of([&] { manager.Check(std::string(100'000, 'w')); }) << " "
            << error_of([&] { manager.AcceptBaseline("aide", "d0", {}, ""); }) << " "
            << error_of([&] { manager.GetReport("huge"); });
    });
    CHECK(seen ==
          "NotFound InvalidArgument InvalidArgument InvalidArgument InvalidArgument Busy InvalidArgument Changed "
          "Internal");
}

TEST_CASE("A page ends before 1 MiB, and the next one goes on", "[bus][REQ-31]") {
    BusRig rig;
    rig.service.violations.clear();
    for (std::uint64_t id = 1; id <= 40; ++id) {
        rig.service.violations.push_back(violation_of(id));
        rig.service.violations.back().details["text"] = std::string(60'000, 'x');
    }
    const std::string seen = through_proxy(rig, [](Client& client, std::ostream& out) {
        std::uint64_t after = 0;
        for (bool more = true; more;) {
            const auto page = std::get<0>(client.manager.ListViolations({}, after, 1000));
            out << page.size() << " ";
            more = !page.empty();
            if (more) after = page.back().get<0>();
        }
        out << "up to " << after;
    });
    CHECK(seen == "17 17 6 0 up to 40");
}

TEST_CASE("Subscribers get events without actors", "[bus][REQ-2][REQ-27]") {
    BusRig rig;
    BusClient client(rig.loop, std::nullopt, [](BusClient::Side& side) {
        Client own;
        side.ready();
        own.follow_until("event 11");
        return own.manager.seen;
    });
    client.wait_ready();
    REQUIRE(rig.bus_service.publish(event_of(10)));
    REQUIRE(rig.bus_service.publish(event_of(11)));
    CHECK(client.result() == "event 10 raised /etc/passwd actors 0\nevent 11 raised /etc/passwd actors 0\n");
}

TEST_CASE("Subscribers are told of changed properties and of watchers that come and go", "[bus][REQ-2]") {
    BusRig rig;
    BusClient client(rig.loop, std::nullopt, [](BusClient::Side& side) {
        Client own;
        side.ready();
        own.follow_until("LastSequence");
        side.ready();
        own.follow_until("removed");
        return own.manager.seen;
    });
    client.wait_ready();
    rig.service.status.verdict = Verdict::intact;
    rig.service.status.last_sequence = 10;
    rig.service.watchers.push_back({"tls", WatcherState::starting, "", 0, 0, 0, {}});
    rig.bus_service.refresh();
    client.wait_ready();
    rig.service.watchers.pop_back();
    rig.bus_service.refresh();
    CHECK(client.result() ==
          "added /org/cip_project/Integrity1/watcher/tls\nchanged LastSequence State=intact\n"
          "removed /org/cip_project/Integrity1/watcher/tls\n");
}
