// BusClient: a client of the daemon in a process of its own, perhaps as another user; the test's loop runs meanwhile.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>

#include "core/event_loop_sd.hpp"
#include "core/unique_fd.hpp"
#include "support/dbus_daemon.hpp"

struct sd_bus;

namespace integrityd::test {

// Turns the loop until `done` holds; false when that takes so long that it never will.
[[nodiscard]] bool run_until(SdEventLoop& loop, const std::function<bool()>& done);

class BusClient {
public:
    // The client's side, in its process.
    class Side {
    public:
        Side(int from_test, int to_test) : from_test_(from_test), to_test_(to_test) {}
        // A connection to the system bus; throws when there is none.
        [[nodiscard]] sd_bus* bus();
        // Lets wait_ready() return.
        void ready();
        // Waits for go().
        void wait_go();

    private:
        int from_test_;
        int to_test_;
        sd_bus* bus_ = nullptr;
    };
    using Work = std::function<std::string(Side&)>;

    BusClient(SdEventLoop& loop, const std::optional<Identity>& who, const Work& work);
    ~BusClient();
    BusClient(const BusClient&) = delete;
    BusClient& operator=(const BusClient&) = delete;

    void wait_ready();
    void go();
    // What `work` returned; "exception: …" for what it threw.
    [[nodiscard]] std::string result();

private:
    void read_more();

    SdEventLoop& loop_;
    pid_t pid_ = -1;
    UniqueFd from_client_;
    UniqueFd to_client_;
    std::unique_ptr<IoSource> io_;
    std::string text_;  // the first byte is ready()'s
    bool ended_ = false;
};

// A client that does one thing.
[[nodiscard]] inline std::string as(SdEventLoop& loop, const std::optional<Identity>& who,
                                    const BusClient::Work& work) {
    return BusClient(loop, who, work).result();
}

// Calls a method of the manager with arguments as sd_bus_message_append() takes them: "ok", or the error's name.
[[nodiscard]] std::string call_manager(sd_bus* bus, const char* member, const char* types = "", ...);

// Names of the error prefix taken off: "NotFound", "AccessDenied", …
[[nodiscard]] std::string short_error(const std::string& name);

}  // namespace integrityd::test
