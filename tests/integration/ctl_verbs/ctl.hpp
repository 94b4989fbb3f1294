// The real integrityctl, run beside a fake manager on a bus of the test's own, all on the test's one thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

#include "support/fake_manager.hpp"
#include "support/private_bus.hpp"

namespace integrityd::test {

using Words = std::vector<std::string>;

enum class Seat {
    pipes,     // nobody looks at it
    terminal,  // standard input, output and error are one terminal of 80 columns
};

class Ctl {
public:
    // `manager` may be null: then nobody answers.
    Ctl(FakeManager* manager, const Words& words, Seat seat = Seat::pipes);
    ~Ctl();
    Ctl(const Ctl&) = delete;
    Ctl& operator=(const Ctl&) = delete;

    // Lets both go on until it has printed this on standard output, or on standard error; false: it ended before.
    [[nodiscard]] bool until(const std::string& text);
    // From now on this one answers.
    void meet(FakeManager* manager) { manager_ = manager; }
    // Lets both go on until it has ended; its exit status, or minus the signal that ended it.
    int end();
    void interrupt() const;
    void type(const std::string& text) const;
    void close_input();
    // Its reader goes away.
    void close_output();

    std::string out;
    std::string error;

private:
    bool step();
    void take(int& fd, std::string& to) const;

    FakeManager* manager_;
    pid_t pid_ = -1;
    int input_ = -1;
    int out_ = -1;
    int error_ = -1;
};

struct Ran {
    int code = 0;
    std::string out;
    std::string error;
};
// Runs it to its end; `input` is its standard input.
Ran run_ctl(FakeManager* manager, const Words& words, const std::string& input = {});

std::vector<std::string> lines_of(const std::string& text);
// A line of JSON by path, as "violation.id"; fails the test when it is no JSON.
std::map<std::string, std::string> json_of(const std::string& line);
std::size_t widest_line(const std::string& text);

// ---- Answers for FakeManager::lie ----

sd_bus_message* answer_text(sd_bus_message* call, const std::string& text);
sd_bus_message* refuse(sd_bus_message* call, const char* name, const char* text);
inline constexpr auto not_allowed = "org.freedesktop.DBus.Error.AccessDenied";
inline constexpr auto own_error = "org.cip_project.Integrity1.Error.";

// integrityctl before a daemon whose reports are all this one.
struct Reporting {
    PrivateBus bus;
    FakeStore store;
    FakeManager manager{store};

    explicit Reporting(const std::string& report) {
        manager.lie = [report](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
            return member == "GetReport" ? answer_text(call, report) : nullptr;
        };
    }
    Ran run(const Words& words) { return run_ctl(&manager, words); }
};

}  // namespace integrityd::test
