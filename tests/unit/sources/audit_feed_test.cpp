// The feed on netlink sockets of the user's own protocol, which need no right; the kernel's own is in audit_host_test.
#include "sources/audit_feed.hpp"

#include <cerrno>
#include <cstring>
#include <linux/netlink.h>
#include <string>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "support/fake_loop.hpp"
#include "support/skip.hpp"

using namespace integrityd;
using namespace std::chrono_literals;

namespace {

std::string datagram(std::uint16_t type, std::string_view text, std::int64_t wrong_by = 0) {
    nlmsghdr head{};
    head.nlmsg_type = type;
    head.nlmsg_len = static_cast<std::uint32_t>(static_cast<std::int64_t>(sizeof head + text.size()) + wrong_by);
    std::string bytes(sizeof head, '\0');
    std::memcpy(bytes.data(), &head, sizeof head);
    return bytes.append(text);
}

constexpr std::uint32_t test_group = 1U << 29;  // nobody else's

UniqueFd user_socket(std::uint32_t groups) {
    UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_USERSOCK));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    if (fd && bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) fd.reset();
    return fd;
}

void send_to_group(const UniqueFd& fd, const std::string& bytes) {
    sockaddr_nl to{};
    to.nl_family = AF_NETLINK;
    to.nl_groups = test_group;
    (void)sendto(fd.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

struct Rig {
    test::FakeLoop loop;
    std::vector<Result<UniqueFd>> sockets;  // handed out one after the other, then EPERM
    int asked = 0;
    int joined = 0;
    std::vector<std::uint16_t> types;
    std::vector<AuditFeedLoss> losses;
    std::vector<int> down;
    std::unique_ptr<AuditFeed> feed;

    Rig() {
        feed = std::make_unique<AuditFeed>(
            loop,
            [this]() -> Result<UniqueFd> {
                if (static_cast<std::size_t>(asked++) >= sockets.size()) return Error{"not permitted", EPERM};
                return std::move(sockets[static_cast<std::size_t>(asked - 1)]);
            },
            AuditFeed::Callbacks{[this](std::uint16_t type, std::string_view) { types.push_back(type); },
                                 [this](const AuditFeedLoss& loss) { losses.push_back(loss); }, [this] { ++joined; },
                                 [this](const Error& error) { down.push_back(error.code); }});
    }
};

}  // namespace

TEST_CASE("a message of the feed is its type and its text, without what trails behind it") {
    const auto parsed = parse_audit_feed_message(datagram(1300, std::string_view("audit(1.000:7): a=b\n\0\0", 22)));
    REQUIRE(parsed);
    CHECK(parsed->type == 1300);
    CHECK(parsed->payload == "audit(1.000:7): a=b");
}

TEST_CASE("the kernel's two ways of stating the length are both understood, others are not") {
    const auto known = [](std::int64_t wrong_by) {
        return parse_audit_feed_message(datagram(1300, "audit(1.000:7): ", wrong_by)).has_value();
    };
    CHECK(known(0));
    CHECK(known(-static_cast<std::int64_t>(sizeof(nlmsghdr))));
    CHECK_FALSE(known(1));
    CHECK_FALSE(known(-1));
    CHECK_FALSE(known(0x7fffffff));
    CHECK_FALSE(parse_audit_feed_message(""));
    CHECK_FALSE(parse_audit_feed_message(datagram(1300, "").substr(1)));
    CHECK_FALSE(parse_audit_feed_message(datagram(1300, std::string(3, '\0'))));
}

TEST_CASE("messages that are not from the kernel are counted and go nowhere", "[REQ-31]") {
    Rig rig;
    rig.sockets.emplace_back(user_socket(test_group));
    const UniqueFd stranger = user_socket(0);
    if (!test::skip_unless(rig.sockets[0]->get() >= 0, "no netlink sockets here")) return;
    const int fd = rig.sockets[0]->get();
    rig.feed->start();
    CHECK(rig.joined == 1);
    send_to_group(stranger, datagram(1300, "audit(1.000:7): forged"));
    CHECK(rig.loop.ready(fd, EPOLLIN));
    CHECK(rig.types.empty());
    CHECK(rig.feed->counters().strangers == 1);
    CHECK(rig.losses.empty());
}

TEST_CASE("what did not fit into the socket is told exactly, once", "[REQ-31]") {
    Rig rig;
    rig.sockets.emplace_back(user_socket(test_group));
    const UniqueFd stranger = user_socket(0);
    if (!test::skip_unless(rig.sockets[0]->get() >= 0, "no netlink sockets here")) return;
    const int fd = rig.sockets[0]->get();
    const int small = 4096;
    REQUIRE(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small) == 0);
    rig.feed->start();
    for (int i = 0; i < 300; ++i)
        send_to_group(stranger, datagram(1300, "audit(1.000:7): one of many"));
    CHECK(rig.loop.ready(fd, EPOLLIN));
    REQUIRE(rig.losses.size() == 1);
    CHECK(rig.losses[0].exact);
    CHECK(rig.losses[0].records + rig.feed->counters().strangers == 300);
    CHECK(rig.feed->counters().overruns >= 1);
    send_to_group(stranger, datagram(1300, "audit(1.000:8): room again"));
    CHECK(rig.loop.ready(fd, EPOLLIN));
    CHECK(rig.losses.size() == 1);
}

TEST_CASE("a turn of the loop is bounded, however much is there", "[REQ-31]") {
    Rig rig;
    rig.sockets.emplace_back(user_socket(test_group));
    const UniqueFd stranger = user_socket(0);
    if (!test::skip_unless(rig.sockets[0]->get() >= 0, "no netlink sockets here")) return;
    const int fd = rig.sockets[0]->get();
    rig.feed->start();
    for (int i = 0; i < 270; ++i)
        send_to_group(stranger, datagram(1300, "x"));
    CHECK(rig.loop.ready(fd, EPOLLIN));
    CHECK(rig.feed->counters().strangers + rig.feed->counters().lost < 270);
    CHECK(rig.loop.ready(fd, EPOLLIN));
    CHECK(rig.feed->counters().strangers + rig.feed->counters().lost == 270);
}

TEST_CASE("a feed that cannot be joined is tried again, less and less often") {
    Rig rig;
    rig.feed->start();
    CHECK(rig.down == std::vector<int>{EPERM});
    CHECK_FALSE(rig.feed->is_joined());
    rig.loop.advance(1s);
    CHECK(rig.asked == 2);
    rig.loop.advance(1s);
    CHECK(rig.asked == 2);
    rig.loop.advance(1s);
    CHECK(rig.asked == 3);
    rig.loop.advance(10min);
    const int before = rig.asked;
    rig.loop.advance(1min);
    CHECK(rig.asked == before + 1);
}

TEST_CASE("a feed that breaks is said to be down, and joined again") {
    Rig rig;
    rig.sockets.emplace_back(UniqueFd(eventfd(0, EFD_CLOEXEC)));
    rig.sockets.emplace_back(user_socket(test_group));
    if (!test::skip_unless(rig.sockets[1]->get() >= 0, "no netlink sockets here")) return;
    const int fd = rig.sockets[0]->get();
    rig.feed->start();
    CHECK(rig.feed->is_joined());
    CHECK(rig.loop.ready(fd, EPOLLIN));
    CHECK(rig.down == std::vector<int>{ENOTSOCK});
    CHECK_FALSE(rig.feed->is_joined());
    rig.loop.advance(1s);
    CHECK(rig.feed->is_joined());
    CHECK(rig.joined == 2);
}
