// Both sides of one connection: a socket pair, a script in AIDE's place, and the real AIDE.
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "aide_run/client.hpp"
#include "aide_run/move_database.hpp"
#include "aide_run/report_free_config.hpp"
#include "aide_run/server.hpp"
#include "core/event_loop_sd.hpp"
#include "support/aide_tree.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd;
using namespace integrityd::test;
using namespace std::chrono_literals;

namespace {

// A connection whose server runs on a thread of its own.
class Connection {
public:
    // The same command for whatever is asked.
    explicit Connection(const std::vector<std::string>& command, Duration deadline = 60s)
        : Connection(AideService{
              .check = command, .init = command, .verify = command, .paths = command, .deadline = deadline}) {}
    explicit Connection(AideService service) {
        service.patience = 60s;
        if (service.deadline == Duration{0}) service.deadline = 60s;
        sigset_t child;
        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        REQUIRE(pthread_sigmask(SIG_BLOCK, &child, nullptr) == 0);
        int ends[2];
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        client_.reset(ends[0]);
        server_ = std::thread([this, socket = ends[1], service] {
            const UniqueFd owned(socket);
            SdEventLoop loop;
            if (auto result = serve_aide(loop, owned.get(), service); !result) fault_ = result.error().message;
        });
    }
    ~Connection() {
        client_.reset();
        if (server_.joinable()) server_.join();
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] int client() const { return client_.get(); }
    void close() { client_.reset(); }
    // What the server says when it has ended.
    const std::string& fault() {
        if (server_.joinable()) server_.join();
        return fault_;
    }

private:
    UniqueFd client_;
    std::string fault_;
    std::thread server_;
};

struct Place {
    std::string script(const std::string& body) const {
        const std::string path = directory / "aide";
        std::ofstream(path) << "#!/bin/sh\n" << body;
        REQUIRE(chmod(path.c_str(), 0700) == 0);
        return path;
    }
    // Asks; output and errors go to files.
    Result<AideEnding> ask(const Connection& connection, AideVerb verb = AideVerb::check) const {
        const UniqueFd output(::open((directory / "output").c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600));
        const UniqueFd errors(::open((directory / "errors").c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600));
        return ask_aide(connection.client(), verb, output.get(), errors.get());
    }
    std::string content(const std::string& name) const {
        std::ifstream file(directory / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    TemporaryDirectory directory;
};

}  // namespace

TEST_CASE("output, errors and exit status come back as if the program were run here") {
    const Place place;
    Connection connection({place.script("printf 'a\\nb\\0c'; echo trouble >&2; exit 7")});
    const auto ending = place.ask(connection);
    REQUIRE(ending);
    CHECK(ending->exit_status == 7);
    CHECK(place.content("output") == std::string("a\nb\0c", 5));
    CHECK(place.content("errors") == "trouble\n");
    CHECK(connection.fault().empty());
}

TEST_CASE("a check of some paths gets the expression as one argument and the database by standard input") {
    const Place place;
    Connection connection({place.script("for a; do printf '[%s]' \"$a\"; done; cat")});
    const UniqueFd output(::open((place.directory / "output").c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600));
    const std::string payload("^(?:/a b --config=/x)\0@@begin_db\n", 33);
    const auto ending = ask_aide(connection.client(), AideVerb::paths, output.get(), output.get(), payload);
    REQUIRE(ending);
    CHECK(ending->exit_status == 0);
    CHECK(place.content("output") == "[--limit=^(?:/a b --config=/x)]@@begin_db\n");
}

TEST_CASE("a check of paths without paths, or cut off, is refused") {
    const Place place;
    for (const std::string& payload : {std::string("no end"), std::string("\0database", 9)}) {
        Connection connection({place.script("echo ran")});
        const auto ending = ask_aide(connection.client(), AideVerb::paths, -1, -1, payload);
        REQUIRE(ending);
        CHECK_FALSE(ending->exit_status);
        CHECK_FALSE(ending->refused.empty());
    }
}

TEST_CASE("a report of many frames comes back whole") {
    const Place place;
    Connection connection({place.script("yes 0123456789abcde | head -c 3000000")});
    const auto ending = place.ask(connection);
    REQUIRE(ending);
    CHECK(ending->exit_status == 0);
    const std::string output = place.content("output");
    REQUIRE(output.size() == 3000000);
    CHECK(output.substr(2999984) == "0123456789abcde\n");
}

TEST_CASE("an AIDE that is killed is told as killed") {
    const Place place;
    Connection connection({place.script("kill -9 $$")});
    const auto ending = place.ask(connection);
    REQUIRE(ending);
    CHECK(ending->signal == SIGKILL);
    CHECK(!ending->exit_status);
}

TEST_CASE("an AIDE that is not there is a refusal with the reason") {
    const Place place;
    Connection connection({place.directory / "nothing"});
    const auto ending = place.ask(connection);
    REQUIRE(ending);
    CHECK(ending->refused.find("AIDE cannot be started: ") == 0);
    CHECK(!connection.fault().empty());
}

TEST_CASE("an AIDE that hangs is ended at the deadline [REQ-35]") {
    const Place place;
    Connection connection({"/bin/cat", "/dev/zero"}, 1us);
    const auto ending = place.ask(connection);
    REQUIRE(ending);
    CHECK(ending->refused == "the run took too long and was ended");
}

TEST_CASE("nothing but one of the words is a request [REQ-30]") {
    const Place place;
    for (const std::string word : {"chec\n", "update\n", "\n", "check /etc\n", "check\ncheck\n"}) {
        Connection connection({"/bin/cat", place.script("")});
        // A word that goes on after "check" is only found while AIDE runs: one that waits for ever.
        const bool goes_on = word.starts_with("check\n");
        Connection hanging({"/usr/bin/tail", "-f", "/dev/null"});
        Connection& asked = goes_on ? hanging : connection;
        REQUIRE(send(asked.client(), word.data(), word.size(), 0) == static_cast<ssize_t>(word.size()));
        char type = 0;
        REQUIRE(recv(asked.client(), &type, 1, 0) == 1);
        CHECK(type == 'r');
        asked.close();
        CHECK(!asked.fault().empty());
    }
}

TEST_CASE("a client that goes ends its check [REQ-35]") {
    Connection connection({"/usr/bin/tail", "-f", "/dev/null"});
    REQUIRE(send(connection.client(), "check\n", 6, 0) == 6);
    connection.close();
    CHECK(connection.fault() == "the client has gone, or asked for more than one thing");
}

TEST_CASE("an end without an answer is no answer") {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    const UniqueFd client(ends[0]);
    UniqueFd server(ends[1]);
    server.reset();
    const auto ending = ask_aide(client.get(), AideVerb::check, -1, -1);
    REQUIRE(!ending);
    CHECK(ending.error().message == "AIDE's unit gave no (complete) answer; perhaps another check runs");
}

TEST_CASE("the real AIDE's report comes back as JSON, with its status [REQ-1]") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    const Place place;
    const AideTree tree(place.directory);
    tree.write("etc/one", "one\n");
    tree.accept_tree();
    tree.write("etc/one", "ONE\n");
    Connection connection(aide_service(tree.config(), tree.database()));
    const auto ending = place.ask(connection);
    REQUIRE(ending);
    CHECK(ending->exit_status == 4);
    const std::string report = place.content("output");
    CHECK(report.front() == '{');
    CHECK(report.find('"' + tree.path("etc/one") + '"') != std::string::npos);
    CHECK(report.find("\"end_time\"") != std::string::npos);
    // On its way to the tree AIDE looks at everything in /tmp, and names what other programs take away there meanwhile.
    const std::string errors = place.content("errors");
    INFO(errors);
    CHECK(errors.find(place.directory.path()) == std::string::npos);
}

TEST_CASE("a report goes to whoever asked for it, and not into the log that the configuration names") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    const Place place;
    const AideTree tree(place.directory);
    tree.write("etc/one", "one\n");
    tree.accept_tree();
    std::ofstream(tree.config(), std::ios::app) << "  report_url = file:" << tree.report_log() << "\n";
    tree.put_report("of the daily check");
    Connection connection(aide_service(tree.config(), tree.database()));
    const auto ending = place.ask(connection);
    REQUIRE(ending);
    CHECK(ending->exit_status == 0);
    CHECK(place.content("output").front() == '{');
    std::string log;
    std::getline(std::ifstream(tree.report_log()), log);
    CHECK(log == "of the daily check");
}

TEST_CASE("a fault of AIDE's configuration is told with its name and line") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    const Place place;
    const AideTree tree(place.directory);
    std::ofstream(tree.config()) << "report_url=stdout\nno such thing\n";
    Connection connection(aide_service(tree.config(), tree.database()));
    REQUIRE(place.ask(connection));
    CHECK(place.content("errors").find(tree.config() + ":2:") != std::string::npos);
    Connection another(aide_service(place.directory / "none", tree.database()));
    const auto refused = place.ask(another);
    REQUIRE(refused);
    CHECK(refused->refused.find(place.directory / "none") != std::string::npos);
}

TEST_CASE("only lines that name a report's place are left out of a configuration") {
    CHECK(without_report_urls("a=b\nreport_url=stdout\n\treport_url = file:/x # y\nc") == "a=b\n\n\nc");
    CHECK(without_report_urls("report_url=stdout") == "");
    const std::string others = "#report_url=stdout\nreport_urls=x\n!/report_url=$\nreport_level=x\n\n";
    CHECK(without_report_urls(others) == others);
    CHECK(without_report_urls("") == "");
}

TEST_CASE("a new database is made, verified and put in the old one's place, readable for whom the old one was") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    if (!skip_unless(geteuid() == 0, "only root may ask for it")) return;
    const Place place;
    const AideTree tree(place.directory);
    tree.write("etc/one", "one\n");
    tree.accept_tree();
    REQUIRE(chmod(tree.database().c_str(), 0640) == 0);
    tree.write("etc/two", "two\n");
    const auto service = aide_service(tree.config(), tree.database());
    const auto ask = [&](AideVerb verb) {
        Connection connection(service);
        const auto ending = place.ask(connection, verb);
        return ending && ending->exit_status ? *ending->exit_status : -1;
    };
    CHECK(ask(AideVerb::move) == -1);  // there is none yet
    CHECK(ask(AideVerb::check) == 1);
    CHECK(ask(AideVerb::init) == 0);
    CHECK(ask(AideVerb::verify) == 0);
    CHECK(ask(AideVerb::check) == 1);  // the old one is still in force
    CHECK(ask(AideVerb::move) == 0);
    CHECK(ask(AideVerb::check) == 0);
    struct stat status {};
    REQUIRE(stat(tree.database().c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0640);
    CHECK(access((tree.database() + ".new").c_str(), F_OK) < 0);
}

TEST_CASE("a new database is not made through a link") {
    const Place place;
    const std::string database = place.directory / "aide.db";
    std::ofstream(place.directory / "other") << "text";
    REQUIRE(symlink((place.directory / "other").c_str(), (database + ".new").c_str()) == 0);
    CHECK(!move_database(database));
    CHECK(access(database.c_str(), F_OK) < 0);
}

TEST_CASE("others than root may only ask for a check, unless the product lets them [REQ-38]") {
    if (!skip_unless(geteuid() == 0, "needs root to be somebody else")) return;
    const Place place;
    const auto asked_as_nobody = [&](bool new_database) {
        constexpr uid_t nobody = 65534;
        // The credentials of a socket pair are those of who made it.
        REQUIRE(seteuid(nobody) == 0);
        AideService service{.check = {"/bin/true"}, .init = {"/bin/true"}};
        service.new_database = new_database;
        Connection connection(service);
        REQUIRE(seteuid(0) == 0);
        return place.ask(connection, AideVerb::init);
    };
    const auto refused = asked_as_nobody(false);
    REQUIRE(refused);
    CHECK(refused->refused.find("only root may make a new database here") == 0);
    const auto let = asked_as_nobody(true);
    REQUIRE(let);
    CHECK(let->exit_status == 0);
}
