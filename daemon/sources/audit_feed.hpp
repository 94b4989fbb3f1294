// AuditFeed: the kernel's read-only audit multicast, a record at a time, as it happens.
//
// The kernel never waits for us: what does not fit into the socket's buffer is dropped for this socket alone, and the
// socket counts it (SO_MEMINFO), so a loss is told exactly. auditd and what it gets are not touched.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <linux/netlink.h>
#include <memory>
#include <optional>
#include <string_view>
#include <sys/socket.h>
#include <vector>

#include "core/busy_io.hpp"
#include "core/event_loop.hpp"
#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

// What was dropped since the last time it was told.
struct AuditFeedLoss {
    std::uint64_t records = 0;
    bool exact = true;  // else at least so many
};

struct AuditFeedCounters {
    std::uint64_t records = 0;
    std::uint64_t overruns = 0;   // ENOBUFS: the buffer was full
    std::uint64_t lost = 0;       // records, all that was told
    std::uint64_t strangers = 0;  // messages that are not from the kernel
    std::uint64_t malformed = 0;
    std::uint64_t joins = 0;
};

class AuditFeed {
public:
    struct Callbacks {
        // Number of the type, and the record's text ("audit(1700000000.123:45): …"), valid for the call.
        std::function<void(std::uint16_t type, std::string_view payload)> record;
        std::function<void(const AuditFeedLoss&)> lost;
        // From now on records come; what came before is in the log alone.
        std::function<void()> joined;
        // It cannot be joined, or broke: why. It is tried again, after 1 s at first and a minute at last.
        std::function<void(const Error&)> down;
    };
    // Opener::join_audit_feed(), asked where it may take long, because the kernel makes a record of it: calls `joined`
    // on the loop, once, or never when the feed is gone.
    using Joined = std::function<void(Result<UniqueFd>)>;
    using Join = std::function<void(Joined joined)>;

    AuditFeed(EventLoop& loop, Join join, Callbacks callbacks);

    // Joins now. A callback may destroy the feed.
    void start();

    [[nodiscard]] bool is_joined() const { return static_cast<bool>(fd_); }
    [[nodiscard]] const AuditFeedCounters& counters() const { return counters_; }

private:
    enum class Step : std::uint8_t { more, empty, over };
    // Of one system call: what a thousand programs a second leave while the descriptor rests, some seven records each.
    static constexpr std::size_t batch = 32;
    struct Datagram {
        sockaddr_nl from{};
        iovec part{};
    };

    void join();
    void take(Result<UniqueFd> joined);
    BusyIo::Reading read();
    Step receive_some();
    Step failed(int code);
    void take_one(const mmsghdr& head, const Datagram& datagram);
    void tell_lost();
    void broke(const Error& error);

    Join join_;
    Callbacks callbacks_;
    AuditFeedCounters counters_;
    std::vector<char> buffer_;
    std::array<Datagram, batch> datagrams_{};
    std::array<mmsghdr, batch> heads_{};
    UniqueFd fd_;
    BusyIo io_;
    std::unique_ptr<Timer> retry_;
    Duration delay_;
    bool joining_ = false;
    std::uint32_t drops_told_ = 0;        // of the socket's own counter
    bool congested_ = false;              // it may have dropped some since it was asked
    std::uint64_t overruns_unknown_ = 0;  // whose drops could not be asked for
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// One datagram of the feed: a netlink message. Total; the text ends before trailing NULs and line feeds.
struct AuditFeedMessage {
    std::uint16_t type = 0;
    std::string_view payload;
};
[[nodiscard]] std::optional<AuditFeedMessage> parse_audit_feed_message(std::string_view datagram);

}  // namespace integrityd
