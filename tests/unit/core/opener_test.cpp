#include "core/opener.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>

#include <catch2/catch.hpp>

#include "core/broker_protocol.hpp"
#include "core/config.hpp"
#include "support/fakes.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd;
using test::TemporaryDirectory;

namespace {

// Includes are lines "include PATH".
std::vector<std::string> find_includes(std::string_view text) {
    std::vector<std::string> found;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("include ")) found.push_back(line.substr(8));
    }
    return found;
}

std::string write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
    return path;
}

struct Opening {
    TemporaryDirectory directory;
    Config config;
    mutable test::FakeAuditKernel audit;

    Opening() { config.aide.config = directory / "aide.conf"; }
    // By the configuration as it is now.
    std::unique_ptr<Opener> opener() const { return make_direct_opener(config, find_includes, audit); }
    std::vector<std::string> configuration_files() {
        auto files = opener()->open_all(Resource::aide_config);
        if (!files) return {files.error().message};
        std::vector<std::string> names;
        for (const auto& file : *files)
            names.push_back(file.path.substr(directory.path().size() + 1));
        return names;
    }
};

// A broker that drops the first clients without a word, and answers the next one with an error.
class EndingBroker {
public:
    EndingBroker(const std::string& path, int dropped) : fd_(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(listen(fd_.get(), 4) == 0);
        thread_ = std::thread([this, dropped] {
            for (int client = 0; client <= dropped; ++client)
                serve(UniqueFd(accept(fd_.get(), nullptr, nullptr)), client < dropped);
        });
    }
    ~EndingBroker() {
        (void)shutdown(fd_.get(), SHUT_RDWR);  // ends an accept() that nobody comes to
        thread_.join();
    }

private:
    static void serve(const UniqueFd& client, bool drop) {
        std::string request(1024, ' ');
        // Until the request is there: what is closed with a request unread is a reset.
        if (drop || !client) return (void)recv(client.get(), request.data(), request.size(), MSG_PEEK);
        if (recv(client.get(), request.data(), request.size(), 0) <= 0) return;
        const broker_protocol::AnswerHead head{.status = EACCES, .more = 0};
        (void)send(client.get(), &head, sizeof head, MSG_NOSIGNAL);
    }

    UniqueFd fd_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("a broker that ends before it answers is asked once more, and no more than that") {
    const TemporaryDirectory directory;
    for (const int dropped : {0, 1, 2}) {
        const std::string path = directory / ("socket" + std::to_string(dropped));
        const EndingBroker broker(path, dropped);
        const auto opened = make_broker_opener(path)->open(Resource::aide_config);
        REQUIRE_FALSE(opened);
        CHECK(opened.error().code == (dropped < 2 ? EACCES : ECONNRESET));
    }
}

TEST_CASE("the files of a rotated audit log are opened by their number, and no other log's") {
    Opening opening;
    opening.config.audit.log = opening.directory / "audit.log";
    (void)write(opening.config.audit.log + ".2", "older");
    CHECK(opening.opener()->open_older(Resource::audit_log, 2));
    CHECK(opening.opener()->open_older(Resource::audit_log, 1).error().code == ENOENT);
    CHECK(opening.opener()->open_older(Resource::audit_log, 1000).error().code == EINVAL);
    CHECK(opening.opener()->open_older(Resource::aide_report_log, 1).error().code == EINVAL);
}

TEST_CASE("auditd's configuration are its file and the rules beside it") {
    Opening opening;
    opening.config.audit.config = write(opening.directory / "auditd.conf", "log_file = x");
    std::filesystem::create_directory(opening.directory / "rules.d");
    (void)write(opening.directory / "rules.d/a.rules", "-D");
    (void)write(opening.directory / "unrelated", "-D");
    const auto files = opening.opener()->open_all(Resource::audit_config);
    REQUIRE(files);
    REQUIRE(files->size() == 2);
    CHECK(files->front().path == opening.directory / "auditd.conf");
    CHECK(files->back().path == opening.directory / "rules.d/a.rules");
}

TEST_CASE("a regular file is opened, and a missing one is said to be missing") {
    Opening opening;
    opening.config.aide.report_log = write(opening.directory / "aide.log", "report");
    CHECK(opening.opener()->open(Resource::aide_report_log));
    opening.config.aide.report_log = opening.directory / "nothing";
    const auto missing = opening.opener()->open(Resource::aide_report_log);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == ENOENT);
}

TEST_CASE("what is no regular file is refused without waiting for it", "[REQ-36]") {
    Opening opening;
    const std::string fifo = opening.directory / "fifo";
    REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    const std::string link = opening.directory / "link";
    std::filesystem::create_symlink(fifo, link);
    for (const std::string& path : {fifo, link, opening.directory.path(), std::string("/dev/zero")}) {
        CAPTURE(path);
        opening.config.aide.database = path;
        const auto refused = opening.opener()->open(Resource::aide_database);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == EINVAL);
    }
}

TEST_CASE("a configuration comes with what it includes, each file once, sorted") {
    Opening opening;
    const auto& directory = opening.directory;
    REQUIRE(std::filesystem::create_directory(directory / "conf.d"));
    write(directory / "conf.d/b", "include " + (directory / "aide.conf") + "\n");
    write(directory / "conf.d/a", "");
    write(directory / "aide.conf",
          "include " + (directory / "conf.d") + "\ninclude " + (directory / "conf.d/a") + "\n");
    CHECK(opening.configuration_files() == std::vector<std::string>{"aide.conf", "conf.d/a", "conf.d/b"});
}

TEST_CASE("a configuration of more files than people maintain is refused", "[REQ-31]") {
    Opening opening;
    const auto& directory = opening.directory;
    REQUIRE(std::filesystem::create_directory(directory / "conf.d"));
    for (int i = 0; i < 513; ++i)
        write(directory / ("conf.d/" + std::to_string(i)), "");
    write(directory / "aide.conf", "include " + (directory / "conf.d") + "\n");
    const auto refused = opening.opener()->open_all(Resource::aide_config);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == E2BIG);
}

TEST_CASE("another opener counts from the next call on") {
    Opening opening;
    CurrentOpener current;
    opening.config.aide.report_log = opening.directory / "nothing";
    current.use(opening.opener());
    CHECK_FALSE(current.open(Resource::aide_report_log));
    opening.config.aide.report_log = write(opening.directory / "aide.log", "report");
    CHECK_FALSE(current.open(Resource::aide_report_log));
    current.use(opening.opener());
    CHECK(current.open(Resource::aide_report_log));
}
