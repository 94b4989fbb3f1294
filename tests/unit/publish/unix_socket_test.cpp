#include "publish/unix_socket.hpp"

#include <cerrno>
#include <filesystem>
#include <sstream>

#include <catch2/catch.hpp>

#include "core/canonical_json.hpp"
#include "publish/message.hpp"
#include "support/events.hpp"
#include "support/temporary_directory.hpp"
#include "support/unix_receiver.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

struct Listener {
    explicit Listener(const std::string& path) : fd(bind_unix(path, SOCK_STREAM)) {
        REQUIRE(::listen(fd.get(), 4) == 0);
    }
    [[nodiscard]] UniqueFd accept() const {
        return UniqueFd(::accept4(fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    }
    UniqueFd fd;
};

// As far as it goes; returns the sequence that was refused.
std::uint64_t publish_until_full(UnixSocketPublisher& publisher) {
    std::uint64_t sequence = 1;
    // No kernel takes over so much for one socket: 100,000 lines of half a KiB.
    for (; sequence < 100'000; ++sequence) {
        const auto published = publisher.publish(violation_event(sequence));
        if (published) continue;
        CHECK(published.error().code == EAGAIN);
        return sequence;
    }
    FAIL("the socket was never full");
    return 0;
}

}  // namespace

TEST_CASE("each event is one line of JSON") {
    const TemporaryDirectory directory;
    const Listener listener(directory / "s");
    UnixSocketPublisher publisher(directory / "s");
    REQUIRE(publisher.publish(violation_event(1)).ok());
    REQUIRE(publisher.publish(notice_event("self.stopped")).ok());
    const UniqueFd peer = listener.accept();
    CHECK(read_available(peer.get()) == json_line(violation_event(1)) + json_line(notice_event("self.stopped")));
}

TEST_CASE("nobody listening is noticed, and somebody who comes later is found", "[REQ-4]") {
    const TemporaryDirectory directory;
    UnixSocketPublisher publisher(directory / "s");
    CHECK(publisher.publish(violation_event(1)).error().code == ENOENT);
    { const Listener gone(directory / "s"); }
    CHECK(publisher.publish(violation_event(1)).error().code == ECONNREFUSED);
    std::filesystem::remove(directory / "s");
    const Listener listener(directory / "s");
    REQUIRE(publisher.publish(violation_event(1)).ok());
    CHECK(read_available(listener.accept().get()) == json_line(violation_event(1)));
}

TEST_CASE("a peer that left and is back gets the next event over a new connection") {
    const TemporaryDirectory directory;
    const Listener listener(directory / "s");
    UnixSocketPublisher publisher(directory / "s");
    REQUIRE(publisher.publish(violation_event(1)).ok());
    (void)read_available(listener.accept().get());
    REQUIRE(publisher.publish(violation_event(2)).ok());
    CHECK(read_available(listener.accept().get()) == json_line(violation_event(2)));
}

TEST_CASE("a peer that does not read stops the stream, and later gets every line once", "[REQ-4]") {
    const TemporaryDirectory directory;
    const Listener listener(directory / "s");
    UnixSocketPublisher publisher(directory / "s");
    const std::uint64_t refused = publish_until_full(publisher);
    CHECK(publisher.publish(violation_event(refused)).error().code == EAGAIN);

    const UniqueFd peer = listener.accept();
    std::string text = read_available(peer.get());
    REQUIRE(publisher.publish(violation_event(refused)).ok());
    REQUIRE(publisher.publish(violation_event(refused + 1)).ok());
    text += read_available(peer.get());

    std::istringstream lines(text);
    std::uint64_t expected = 1;
    for (std::string line; std::getline(lines, line); ++expected)
        REQUIRE(line + "\n" == json_line(violation_event(expected)));
    CHECK(expected == refused + 2);
}

TEST_CASE("a line that was begun when the peer left is sent again as a whole", "[REQ-4]") {
    const TemporaryDirectory directory;
    const Listener listener(directory / "s");
    UnixSocketPublisher publisher(directory / "s");
    const std::uint64_t refused = publish_until_full(publisher);
    listener.accept().reset();
    REQUIRE(publisher.publish(violation_event(refused)).ok());
    CHECK(read_available(listener.accept().get()) == json_line(violation_event(refused)));
}

TEST_CASE("an event larger than the socket's queue arrives in parts") {
    const TemporaryDirectory directory;
    const Listener listener(directory / "s");
    UnixSocketPublisher publisher(directory / "s");
    Event event = violation_event();
    event.violation->details["new"] = Value(std::string(4U << 20, 'x'));
    CHECK(publisher.publish(event).error().code == EAGAIN);
    const UniqueFd peer = listener.accept();
    std::string text = read_available(peer.get());
    Result<void> published = publisher.publish(event);
    // Each round takes what the queue holds: 4 MiB need no hundred.
    for (int round = 0; !published && round < 100; ++round) {
        text += read_available(peer.get());
        published = publisher.publish(event);
    }
    REQUIRE(published.ok());
    CHECK(text + read_available(peer.get()) == json_line(event));
}

TEST_CASE("a path that is no socket's is an error") {
    CHECK(UnixSocketPublisher("/" + std::string(200, 'x')).publish(violation_event()).error().code == ENAMETOOLONG);
    CHECK(UnixSocketPublisher("/dev/null").publish(violation_event()).error().code == ECONNREFUSED);
}
