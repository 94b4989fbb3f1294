#include "sources/audit_feed.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string>
#include <sys/socket.h>
#include <utility>

namespace integrityd {

namespace {

// The kernel's longest record is 8,970 bytes (MAX_AUDIT_MESSAGE_LENGTH); a longer datagram is none of its.
constexpr std::size_t longest_datagram = 16384;
// A turn of the loop: 256 records, some 0.2 ms of reading, then others have their turn.
constexpr int most_batches_a_turn = 8;
constexpr Duration first_delay = std::chrono::seconds(1);
constexpr Duration longest_delay = std::chrono::minutes(1);

// How many messages this socket had to drop since it was made; netlink counts each record that it could not queue.
// Unlike /proc/net/netlink it can be asked from any network namespace.
std::optional<std::uint32_t> drops_of(const UniqueFd& fd) {
    std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
    socklen_t size = sizeof info;
    if (getsockopt(fd.get(), SOL_SOCKET, SO_MEMINFO, info.data(), &size) < 0) return std::nullopt;
    if (size <= SK_MEMINFO_DROPS * sizeof(std::uint32_t)) return std::nullopt;
    return info[SK_MEMINFO_DROPS];
}

bool is_from_kernel(const msghdr& message, const sockaddr_nl& from) {
    return message.msg_namelen == sizeof from && from.nl_family == AF_NETLINK && from.nl_pid == 0;
}

}  // namespace

std::optional<AuditFeedMessage> parse_audit_feed_message(std::string_view datagram) {
    nlmsghdr head{};
    if (datagram.size() < sizeof head) return std::nullopt;
    std::memcpy(&head, datagram.data(), sizeof head);
    // The kernel's audit counted the length without the header for long, and still does for auditd.
    const bool whole = head.nlmsg_len == datagram.size();
    const bool without_head = head.nlmsg_len == datagram.size() - sizeof head;
    if (!whole && !without_head) return std::nullopt;
    std::string_view payload = datagram.substr(sizeof head);
    while (!payload.empty() && (payload.back() == '\0' || payload.back() == '\n'))
        payload.remove_suffix(1);
    if (payload.empty()) return std::nullopt;
    return AuditFeedMessage{head.nlmsg_type, payload};
}

AuditFeed::AuditFeed(EventLoop& loop, Join join, Callbacks callbacks)
    : join_(std::move(join)),
      callbacks_(std::move(callbacks)),
      buffer_(batch * longest_datagram),
      io_(loop, [this] { return read(); }),
      retry_(loop.add_timer([this] { this->join(); })),
      delay_(first_delay) {}

void AuditFeed::start() {
    if (!fd_) join();
}

void AuditFeed::join() {
    if (std::exchange(joining_, true)) return;
    join_([this, alive = std::weak_ptr<bool>(alive_)](Result<UniqueFd> joined) {
        if (!alive.expired()) take(std::move(joined));
    });
}

void AuditFeed::take(Result<UniqueFd> joined) {
    joining_ = false;
    if (!joined) return broke(joined.error());
    fd_ = std::move(*joined);
    retry_->stop();
    delay_ = first_delay;
    drops_told_ = 0;    // what it dropped on its way to us was dropped, too
    congested_ = true;  // and is asked for with the first record
    io_.watch(fd_.get());
    ++counters_.joins;
    callbacks_.joined();
}

BusyIo::Reading AuditFeed::read() {
    const std::weak_ptr<bool> alive = alive_;
    const std::uint64_t before = counters_.records;
    Step step = Step::more;
    for (int i = 0; i < most_batches_a_turn && step == Step::more; ++i)
        step = receive_some();
    if (alive.expired() || step == Step::over) return BusyIo::Reading::nothing;
    const bool nothing = counters_.records == before;
    // Until the queue was empty once the kernel says nothing of further drops.
    if (std::exchange(congested_, congested_ && step != Step::empty)) tell_lost();
    if (step != Step::empty) return BusyIo::Reading::some;
    return nothing ? BusyIo::Reading::nothing : BusyIo::Reading::all;
}

// Level-triggered: fewer than there is room for is the end of what there was, and an error that came after the first
// one is told by the next call.
AuditFeed::Step AuditFeed::receive_some() {
    for (std::size_t i = 0; i < batch; ++i) {
        Datagram& datagram = datagrams_[i];
        datagram.part = {buffer_.data() + i * longest_datagram, longest_datagram};
        heads_[i] = {};
        heads_[i].msg_hdr.msg_name = &datagram.from;
        heads_[i].msg_hdr.msg_namelen = sizeof datagram.from;
        heads_[i].msg_hdr.msg_iov = &datagram.part;
        heads_[i].msg_hdr.msg_iovlen = 1;
    }
    const int count = recvmmsg(fd_.get(), heads_.data(), batch, MSG_DONTWAIT, nullptr);
    if (count < 0) return failed(errno);
    const std::weak_ptr<bool> alive = alive_;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        take_one(heads_[i], datagrams_[i]);
        if (alive.expired() || !fd_) return Step::over;
    }
    return static_cast<std::size_t>(count) < batch ? Step::empty : Step::more;
}

AuditFeed::Step AuditFeed::failed(int code) {
    if (code == EAGAIN) return Step::empty;
    if (code == EINTR) return Step::more;
    if (code == ENOBUFS) {
        ++counters_.overruns;
        ++overruns_unknown_;
        congested_ = true;
        return Step::more;
    }
    broke(Error{std::string("audit: the kernel's feed: ") + std::strerror(code), code});
    return Step::over;
}

void AuditFeed::take_one(const mmsghdr& head, const Datagram& datagram) {
    if (!is_from_kernel(head.msg_hdr, datagram.from)) {
        ++counters_.strangers;
        return;
    }
    const auto parsed =
        (head.msg_hdr.msg_flags & MSG_TRUNC) != 0
            ? std::nullopt
            : parse_audit_feed_message({static_cast<const char*>(datagram.part.iov_base), head.msg_len});
    if (!parsed) {
        ++counters_.malformed;
        return;
    }
    ++counters_.records;
    callbacks_.record(parsed->type, parsed->payload);
}

void AuditFeed::tell_lost() {
    AuditFeedLoss loss;
    if (const auto drops = drops_of(fd_)) {
        loss.records = *drops - drops_told_;  // a counter of 32 bits that may begin anew
        drops_told_ = *drops;
    } else {
        loss = {overruns_unknown_, false};
    }
    overruns_unknown_ = 0;
    if (loss.records == 0) return;
    counters_.lost += loss.records;
    callbacks_.lost(loss);
}

void AuditFeed::broke(const Error& error) {
    io_.forget();
    fd_.reset();
    retry_->start(delay_);
    delay_ = std::min(delay_ * 2, longest_delay);
    callbacks_.down(error);
}

}  // namespace integrityd
