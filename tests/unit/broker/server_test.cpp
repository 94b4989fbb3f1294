#include "broker/server.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "broker_rig.hpp"
#include "support/failure_bound.hpp"

using namespace integrityd;
using test::BrokerRig;
using test::content;
using test::write_file;
using namespace std::chrono_literals;

TEST_CASE("a client gets the descriptor of what it named, and the reason where there is none") {
    BrokerRig rig;
    write_file(rig.config.aide.database, "database");
    const auto answer = rig.ask("open aide.database");
    CHECK(answer.head.status == 0);
    REQUIRE(answer.descriptors.size() == 1);
    CHECK(content(answer.descriptors[0]) == "database");

    const auto missing = rig.ask("open aide.report_log");
    CHECK(missing.head.status == ENOENT);
    CHECK(missing.descriptors.empty());
    CHECK(missing.text.find("aide.log") != std::string::npos);
    CHECK(rig.ask("watch aide.report_log").descriptors.size() == 1);
}

TEST_CASE("the kernel's audit feed and status are handed out as the kernel gives them, or refused with its reason",
          "[REQ-39]") {
    BrokerRig rig;
    for (const char* const request : {"feed audit", "status audit"}) {
        CAPTURE(request);
        const auto refused = rig.ask(request);
        CHECK(refused.head.status == EPERM);
        CHECK(refused.descriptors.empty());
    }
    write_file(rig.directory / "feed", "feed");
    write_file(rig.directory / "status", "status");
    rig.audit.feed.reset(open((rig.directory / "feed").c_str(), O_RDONLY | O_CLOEXEC));
    rig.audit.status_file.reset(open((rig.directory / "status").c_str(), O_RDONLY | O_CLOEXEC));
    for (const std::string name : {"feed", "status"}) {
        CAPTURE(name);
        const auto answer = rig.ask(name + " audit");
        CHECK(answer.head.status == 0);
        REQUIRE(answer.descriptors.size() == 1);
        CHECK(content(answer.descriptors[0]) == name);
    }
    CHECK(rig.lines.empty());
}

TEST_CASE("a whole configuration comes in portions of at most 253 descriptors") {
    BrokerRig rig;
    std::filesystem::create_directory(rig.directory / "conf.d");
    for (int i = 0; i < 300; ++i)
        write_file(rig.directory / ("conf.d/" + std::to_string(i)), std::to_string(i));
    write_file(rig.config.aide.config, "@@include " + (rig.directory / "conf.d") + "\n");
    const auto first = rig.ask("open-all aide.config");
    CHECK(first.head.status == 0);
    CHECK(first.descriptors.size() == 253);
    CHECK(first.head.more == 48);
    CHECK(std::count(first.text.begin(), first.text.end(), '\0') == 253);
    const auto second = rig.receive();
    CHECK(second.descriptors.size() == 48);
    CHECK(second.head.more == 0);
}

TEST_CASE("long paths make the portions smaller instead of making an answer that cannot be sent") {
    BrokerRig rig;
    const std::string deep =
        rig.directory / std::string(200, 'd') + "/" + std::string(200, 'e') + "/" + std::string(200, 'f');
    std::filesystem::create_directories(deep);
    std::filesystem::permissions(deep, std::filesystem::perms(0755));
    for (int i = 0; i < 200; ++i)
        write_file(deep + "/" + std::to_string(i), "");
    write_file(rig.config.aide.config, "@@include " + deep + "\n");
    auto answer = rig.ask("open-all aide.config");
    std::size_t files = answer.descriptors.size();
    CHECK(files < 110);
    while (answer.head.more != 0 && !answer.ended) {
        answer = rig.receive();
        files += answer.descriptors.size();
    }
    CHECK(files == 201);
}

TEST_CASE("another user is refused before he has asked", "[REQ-39]") {
    BrokerRig rig;
    write_file(rig.config.aide.database, "database");
    rig.settings.client = geteuid() + 1;
    rig.connect();
    const auto refused = rig.receive();
    CHECK(refused.head.status == EACCES);
    CHECK(refused.descriptors.empty());
    CHECK(rig.receive().ended);
    rig.end();
    CHECK(rig.lines.size() == 1);
}

TEST_CASE("what is no request ends the connection, and is logged without its words", "[REQ-39]") {
    BrokerRig rig;
    CHECK(rig.ask("open /etc/shadow").head.status == EINVAL);
    CHECK(rig.receive().ended);
    rig.end();
    REQUIRE(rig.lines.size() == 1);
    CHECK(rig.lines[0].find("shadow") == std::string::npos);
    rig.connect();
    CHECK(rig.ask("erase aide.database").head.status == ENOTSUP);
}

TEST_CASE("a configuration that may not be used opens nothing", "[REQ-39]") {
    BrokerRig rig;
    rig.settings.make_opener = [] {
        return Result<std::unique_ptr<Opener>>(Error{"/etc/integrityd: others may write it", EPERM});
    };
    const auto refused = rig.ask("open aide.database");
    CHECK(refused.head.status == EPERM);
    CHECK(refused.text.find("others may write") != std::string::npos);
    CHECK(refused.descriptors.empty());
}

TEST_CASE("a client that floods gets 64 answers and leaves the place to the next", "[REQ-39] [REQ-31]") {
    BrokerRig rig;
    write_file(rig.config.aide.database, "database");
    rig.connect();
    int answered = 0;
    for (int i = 0; i < 1000 && rig.send("open aide.database"); ++i) {
        if (rig.receive().ended) break;
        ++answered;
    }
    CHECK(answered == 64);
    rig.wait();
    CHECK(rig.lines.size() == 1);
    rig.connect();
    CHECK(rig.ask("open aide.database").descriptors.size() == 1);
}

TEST_CASE("a client that is silent, or never reads, does not keep the place", "[REQ-39] [REQ-32]") {
    BrokerRig rig;
    rig.settings.patience = 20ms;
    rig.connect();
    rig.wait();  // silent

    // An answer of 500 descriptors does not fit into the send buffer twice.
    std::filesystem::create_directory(rig.directory / "conf.d");
    const std::string name(200, 'n');
    for (int i = 0; i < 500; ++i)
        write_file(rig.directory / ("conf.d/" + name + std::to_string(i)), "");
    write_file(rig.config.aide.config, "@@include " + (rig.directory / "conf.d") + "\n");
    rig.connect();
    for (int i = 0; i < 64 && rig.send("open-all aide.config"); ++i) {
    }
    rig.wait();
    rig.settings.patience = test::failure_bound;  // for one that asks
    rig.connect();
    CHECK(rig.ask("watch aide.config").descriptors.size() == 1);
}

TEST_CASE("descriptors that a client sends are dropped", "[REQ-39]") {
    BrokerRig rig;
    write_file(rig.config.aide.database, "database");
    rig.connect();
    const auto count = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                             std::filesystem::directory_iterator());
    };
    const auto before = count();
    CHECK(rig.send_with_descriptor("open aide.database", STDIN_FILENO));
    {
        const auto answer = rig.receive();
        CHECK(answer.descriptors.size() == 1);
    }
    rig.end();
    CHECK(count() == before - 2);  // both ends of the connection are closed
}
