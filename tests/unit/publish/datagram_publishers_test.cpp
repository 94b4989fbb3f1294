// The journal and syslog, on sockets of the test's own.
#include <cerrno>
#include <ctime>
#include <map>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "publish/journal.hpp"
#include "publish/syslog.hpp"
#include "support/events.hpp"
#include "support/temporary_directory.hpp"
#include "support/unix_receiver.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

// journald's native format, without values of several lines: we send none.
std::map<std::string, std::string> decode(std::string_view entry) {
    std::map<std::string, std::string> fields;
    while (!entry.empty()) {
        const std::size_t end = entry.find('\n');
        REQUIRE(end != std::string_view::npos);
        const std::string_view line = entry.substr(0, end);
        const std::size_t equals = line.find('=');
        REQUIRE(equals != std::string_view::npos);
        REQUIRE(line.substr(0, equals).find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string_view::npos);
        REQUIRE(fields.emplace(line.substr(0, equals), line.substr(equals + 1)).second);
        entry.remove_prefix(end + 1);
    }
    return fields;
}

std::string read_file(int fd) {
    std::string text(8U << 20, '\0');
    const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

}  // namespace

TEST_CASE("the journal gets an entry with fields", "[REQ-18]") {
    const TemporaryDirectory directory;
    const UniqueFd journald = bind_unix(directory / "socket", SOCK_DGRAM);
    JournalPublisher publisher(directory / "socket");
    REQUIRE(publisher.publish(violation_event()).ok());
    const auto fields = decode(receive_datagram(journald.get()).bytes);
    CHECK(fields.at("MESSAGE").starts_with("aide.entry.changed /etc/passwd: "));
    CHECK(fields.at("PRIORITY") == "3");
    CHECK(fields.at("INTEGRITY_SUBJECT") == "/etc/passwd");
    CHECK(fields.at("SYSLOG_IDENTIFIER") == "integrityd");
}

TEST_CASE("a name with newlines forges no field and no entry", "[REQ-17]") {
    const TemporaryDirectory directory;
    const UniqueFd journald = bind_unix(directory / "socket", SOCK_DGRAM);
    JournalPublisher publisher(directory / "socket");
    Event event = violation_event();
    event.violation->subject = "/tmp/a\nPRIORITY=7\n\nMESSAGE=all is well";
    REQUIRE(publisher.publish(event).ok());
    const auto fields = decode(receive_datagram(journald.get()).bytes);
    CHECK(fields.at("PRIORITY") == "3");
    CHECK(fields.at("INTEGRITY_SUBJECT") == "/tmp/a\\x0aPRIORITY=7\\x0a\\x0aMESSAGE=all is well");
    CHECK(receive_datagram(journald.get()).bytes.empty());
}

TEST_CASE("an entry that is too large for a datagram goes as a sealed memory file") {
    const TemporaryDirectory directory;
    const UniqueFd journald = bind_unix(directory / "socket", SOCK_DGRAM);
    JournalPublisher publisher(directory / "socket");
    Event event = violation_event();
    const std::string large(1U << 20, 'x');
    event.violation->details["actor"] = Value(ValueMap{{"exe", Value(large)}});
    REQUIRE(publisher.publish(event).ok());
    const Datagram datagram = receive_datagram(journald.get());
    CHECK(datagram.bytes.empty());
    REQUIRE(datagram.fd);
    CHECK(::fcntl(datagram.fd.get(), F_GET_SEALS) == (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL));
    CHECK(decode(read_file(datagram.fd.get())).at("INTEGRITY_ACTOR_EXE") == large);
}

TEST_CASE("a journal or syslog that is not there is noticed", "[REQ-4]") {
    const TemporaryDirectory directory;
    JournalPublisher journal(directory / "socket");
    SyslogPublisher syslog(LOG_AUTHPRIV, directory / "log");
    CHECK(journal.publish(violation_event()).error().code == ENOENT);
    CHECK(syslog.publish(violation_event()).error().code == ENOENT);
    { const UniqueFd gone = bind_unix(directory / "socket", SOCK_DGRAM); }
    CHECK(journal.publish(violation_event()).error().code == ECONNREFUSED);
}

TEST_CASE("a listener that comes back on the same path is found again", "[REQ-4]") {
    const TemporaryDirectory directory;
    JournalPublisher publisher(directory / "socket");
    {
        const UniqueFd first = bind_unix(directory / "socket", SOCK_DGRAM);
        REQUIRE(publisher.publish(violation_event(1)).ok());
    }
    CHECK_FALSE(publisher.publish(violation_event(2)).ok());
    std::filesystem::remove(directory / "socket");
    const UniqueFd second = bind_unix(directory / "socket", SOCK_DGRAM);
    REQUIRE(publisher.publish(violation_event(2)).ok());
    CHECK(decode(receive_datagram(second.get()).bytes).at("INTEGRITY_SEQUENCE") == "2");
}

TEST_CASE("a listener that does not read is full at some time, and nothing waits for it", "[REQ-4]") {
    const TemporaryDirectory directory;
    const UniqueFd journald = bind_unix(directory / "socket", SOCK_DGRAM);
    JournalPublisher publisher(directory / "socket");
    std::uint64_t sequence = 0;
    Result<void> published;
    // No kernel queues so many datagrams for one socket.
    while (published.ok() && sequence < 100'000)
        published = publisher.publish(violation_event(++sequence));
    REQUIRE_FALSE(published.ok());
    CHECK(published.error().code == EAGAIN);
    for (std::uint64_t next = 1; next < sequence; ++next)
        REQUIRE(decode(receive_datagram(journald.get()).bytes).at("INTEGRITY_SEQUENCE") == std::to_string(next));
    CHECK(publisher.publish(violation_event(sequence)).ok());
}

TEST_CASE("syslog gets one line in local form", "[REQ-17][REQ-18]") {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
    const TemporaryDirectory directory;
    const UniqueFd syslogd = bind_unix(directory / "log", SOCK_DGRAM);
    SyslogPublisher publisher(LOG_AUTHPRIV, directory / "log");
    Event event = violation_event();
    event.violation->subject = "/tmp/a\n<0>Jan 15 08:00:00 kernel: all is well";
    REQUIRE(publisher.publish(event).ok());
    const std::string line = receive_datagram(syslogd.get()).bytes;
    CHECK(line == "<83>Jan 15 08:00:00 integrityd[" + std::to_string(::getpid()) +
                      "]: aide.entry.changed /tmp/a\\x0a<0>Jan 15 08:00:00 kernel: all is well: size: 10 -> 12 "
                      "[id=7 seq=42 state=open hash=0123456789abcdef]");
    event.violation->subject = std::string(1U << 20, 'x');
    REQUIRE(publisher.publish(event).ok());
    CHECK(receive_datagram(syslogd.get()).bytes.size() <= 2048);
}
