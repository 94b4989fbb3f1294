// The daemon's side: what it makes of a broker's answers, and of a broker that gives none.
#include <cerrno>
#include <fcntl.h>
#include <sys/un.h>

#include <catch2/catch.hpp>

#include "broker_rig.hpp"
#include "core/opener.hpp"

using namespace integrityd;
using test::BrokerRig;
using test::content;
using test::write_file;

namespace {

// Listens, and serves `clients` clients one after the other.
class Listener {
public:
    using Serve = std::function<void(const UniqueFd& client)>;

    Listener(std::string path, int clients, Serve serve) : path_(std::move(path)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
        const auto* const where = reinterpret_cast<const sockaddr*>(&address);
        if (bind(fd_.get(), where, sizeof address) != 0 || listen(fd_.get(), 8) != 0) throw std::runtime_error(path_);
        thread_ = std::thread([this, clients, serve = std::move(serve)] {
            for (int i = 0; i < clients; ++i) {
                const UniqueFd client(accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
                serve(client);
            }
        });
    }
    ~Listener() { thread_.join(); }

private:
    std::string path_;
    UniqueFd fd_{socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    std::thread thread_;
};

// Takes the request and gives these messages.
Listener::Serve answer_with(std::vector<std::string> messages) {
    return [messages = std::move(messages)](const UniqueFd& client) {
        std::array<char, 256> request{};
        (void)recv(client.get(), request.data(), request.size(), 0);
        for (const auto& message : messages)
            (void)send(client.get(), message.data(), message.size(), MSG_NOSIGNAL);
    };
}

std::string message(std::uint32_t status, std::uint32_t more, const std::string& text) {
    const broker_protocol::AnswerHead head{status, more};
    std::string bytes(sizeof head, '\0');
    std::memcpy(bytes.data(), &head, sizeof head);
    return bytes + text;
}

}  // namespace

TEST_CASE("the daemon reads through the broker as it reads itself") {
    BrokerRig rig;
    std::filesystem::create_directory(rig.directory / "conf.d");
    for (int i = 0; i < 511; ++i)
        write_file(rig.directory / ("conf.d/" + std::to_string(i)), std::to_string(i));
    write_file(rig.config.aide.config, "@@include " + (rig.directory / "conf.d") + "\n", 0644);
    write_file(rig.config.aide.database, "database");
    // The directory itself counts as one of the 512.
    std::filesystem::remove(rig.directory / "conf.d/510");
    const Listener listener(rig.directory / "socket", 4,
                            [&rig](const UniqueFd& client) { serve_client(client, rig.settings); });
    const auto opener = make_broker_opener(rig.directory / "socket");

    const auto database = opener->open(Resource::aide_database);
    REQUIRE(database);
    CHECK(content(*database) == "database");
    const auto missing = opener->open(Resource::aide_report_log);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == ENOENT);
    CHECK(opener->watch_directory(Resource::aide_report_log));

    const auto files = opener->open_all(Resource::aide_config);
    REQUIRE(files);
    const auto same = make_direct_opener(rig.config, aide_config_includes, rig.audit)->open_all(Resource::aide_config);
    REQUIRE(same);
    REQUIRE(files->size() == same->size());
    for (std::size_t i = 0; i < files->size(); ++i) {
        REQUIRE((*files)[i].path == (*same)[i].path);
        REQUIRE(content((*files)[i].fd) == content((*same)[i].fd));
    }
}

TEST_CASE("a broker that is not there is never a file that is not there", "[REQ-39] [REQ-14]") {
    BrokerRig rig;
    const auto nobody = make_broker_opener(rig.directory / "nothing")->open(Resource::aide_database);
    REQUIRE_FALSE(nobody);
    CHECK(nobody.error().code == ECONNREFUSED);
    CHECK(nobody.error().message.find("integrityd-broker") != std::string::npos);
    const auto too_long = make_broker_opener("/" + std::string(200, 'x'))->open(Resource::aide_database);
    REQUIRE_FALSE(too_long);
    CHECK(too_long.error().code == ENAMETOOLONG);
}

TEST_CASE("the kernel's audit comes as a descriptor, and its refusal as the kernel's own", "[REQ-39]") {
    BrokerRig rig;
    const std::string path = rig.directory / "socket";
    const auto opener = make_broker_opener(path);
    const Listener broker(path, 4, [&rig](const UniqueFd& client) { serve_client(client, rig.settings); });
    CHECK(opener->join_audit_feed().error().code == EPERM);
    CHECK(opener->audit_status().error().code == EPERM);
    rig.audit.feed.reset(::open(write_file(rig.directory / "feed", "feed").c_str(), O_RDONLY | O_CLOEXEC));
    rig.audit.status_file.reset(::open(write_file(rig.directory / "status", "status").c_str(), O_RDONLY | O_CLOEXEC));
    const auto feed = opener->join_audit_feed();
    REQUIRE(feed);
    CHECK(content(*feed) == "feed");
    const auto status = opener->audit_status();
    REQUIRE(status);
    CHECK(content(*status) == "status");
}

TEST_CASE("an answer that is none is an error, and leaves no descriptor", "[REQ-39]") {
    const std::vector<std::vector<std::string>> answers = {
        {},                                       // closed without a word
        {"x"},                                    // shorter than its head
        {message(0, 0, "")},                      // well, and nothing in it
        {message(0, 1, std::string("/a\0", 3))},  // a path without a descriptor
        {message(0, 0, std::string(broker_protocol::longest_text + 1, 'x'))},
    };
    for (const auto& answer : answers) {
        BrokerRig rig;
        const Listener listener(rig.directory / "socket", 2, answer_with(answer));
        const auto opener = make_broker_opener(rig.directory / "socket");
        const auto file = opener->open(Resource::aide_database);
        REQUIRE_FALSE(file);
        CHECK(file.error().code == EPROTO);
        const auto files = opener->open_all(Resource::aide_config);
        REQUIRE_FALSE(files);
        CHECK(files.error().code == EPROTO);
    }
}
