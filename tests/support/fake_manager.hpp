// FakeManager: what a client sees of integrityd, on plain sd-bus, and scripted: it can restart, forget, lie and hang.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <systemd/sd-bus.h>

namespace integrityd::test {

struct FakeViolation {
    std::uint64_t id = 0;
    std::string severity = "high";
    std::string source = "aide";
    std::string kind = "aide.entry.changed";
};

struct FakeEvent {
    std::uint64_t sequence = 0;
    std::string type = "raised";
    FakeViolation violation;   // id 0: none
    std::string verdict;       // the new one of a `verdict`
    std::string stream;        // empty: the manager's
    std::string old_severity;  // empty: the same as now
};

// What a daemon keeps over a restart.
struct FakeStore {
    std::string stream = "11111111-1111-1111-1111-111111111111";
    std::string state = "intact";
    std::vector<FakeViolation> violations;
    std::vector<FakeEvent> events;
    std::uint64_t pruned = 0;  // up to this sequence
    std::size_t page = 256;    // rows of an answer

    FakeEvent& add(FakeEvent event);
    [[nodiscard]] std::uint64_t last() const { return events.empty() ? pruned : events.back().sequence; }
};

class FakeManager {
public:
    // Takes the name on the bus at DBUS_SYSTEM_BUS_ADDRESS; `store` is outside, as the disk is.
    explicit FakeManager(FakeStore& store, bool own_name = true);
    ~FakeManager();
    FakeManager(const FakeManager&) = delete;
    FakeManager& operator=(const FakeManager&) = delete;

    // Answers what has come; true: something had.
    bool dispatch();
    [[nodiscard]] sd_bus* bus() const { return bus_; }

    // Adds an event and signals it.
    void raise(FakeEvent event = {});
    void signal(const FakeEvent& event, const char* to = nullptr);
    void signal_state();

    // Called before the usual answer; a message: the answer, null: the usual one.
    std::function<sd_bus_message*(sd_bus_message* call, const std::string& member)> lie;
    bool hang = false;  // keeps silent
    std::map<std::string, unsigned> calls;
    std::map<std::string, std::string> last_arguments;

private:
    static int on_message(sd_bus_message* message, void* userdata, sd_bus_error* error);
    sd_bus_message* answer(sd_bus_message* call, const std::string& member);
    sd_bus_message* answer_lists(sd_bus_message* call, const std::string& member);
    sd_bus_message* answer_orders(sd_bus_message* call, const std::string& member);

    FakeStore& store_;
    sd_bus* bus_ = nullptr;
};

void append_violation(sd_bus_message* message, const FakeViolation& violation);
[[nodiscard]] std::string canonical_line(const FakeEvent& event, const std::string& stream);
void append_event(sd_bus_message* message, const FakeEvent& event, const std::string& stream);

// The same in a thread of its own, for calls that block.
class ServedManager {
public:
    explicit ServedManager(FakeStore& store);
    ~ServedManager();
    FakeManager manager;

private:
    int stop_ = -1;
    std::thread thread_;
};

}  // namespace integrityd::test
