#include "broker/strict_open.hpp"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "broker_rig.hpp"
#include "support/skip.hpp"

using namespace integrityd;
using test::content;
using test::TemporaryDirectory;
using test::write_file;

namespace {

int code_of(const Result<UniqueFd>& result) {
    return result ? 0 : result.error().code;
}

// A user that nobody is.
constexpr uid_t stranger = 61000;

}  // namespace

TEST_CASE("a regular file is opened for reading only") {
    TemporaryDirectory directory;
    const auto fd = open_strictly(write_file(directory / "file", "text"));
    REQUIRE(fd);
    CHECK(content(*fd) == "text");
    CHECK(::write(fd->get(), "x", 1) == -1);
    CHECK((fcntl(fd->get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(code_of(open_strictly(directory / "nothing")) == ENOENT);
}

TEST_CASE("a symlink is not followed, neither as the file nor on the way to it", "[REQ-39]") {
    TemporaryDirectory directory;
    std::filesystem::create_directory(directory / "real");
    write_file(directory / "real/file", "secret");
    std::filesystem::create_symlink(directory / "real/file", directory / "link");
    std::filesystem::create_directory_symlink(directory / "real", directory / "way");
    CHECK(code_of(open_strictly(directory / "link")) == ELOOP);
    CHECK(code_of(open_strictly(directory / "way/file")) == ELOOP);
    CHECK(code_of(watch_directory_strictly(directory / "way/file", Resource::aide_report_log)) == ELOOP);
}

TEST_CASE("a FIFO, a device, a socket and a directory are refused without being opened", "[REQ-39]") {
    TemporaryDirectory directory;
    const std::string fifo = directory / "fifo";
    REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    CHECK(code_of(open_strictly(fifo)) == EINVAL);
    // A reader would let this writer in.
    CHECK(::open(fifo.c_str(), O_WRONLY | O_NONBLOCK) == -1);
    CHECK(code_of(open_strictly("/dev/zero")) == EINVAL);
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (directory / "socket").copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    CHECK(code_of(open_strictly(directory / "socket")) == EINVAL);
    CHECK(code_of(open_strictly(directory.path())) == EINVAL);
    CHECK(code_of(open_log_strictly(fifo)) == EINVAL);
}

TEST_CASE("a file with a second link is refused: it may be somebody else's", "[REQ-39]") {
    TemporaryDirectory directory;
    write_file(directory / "secret", "secret");
    std::filesystem::create_hard_link(directory / "secret", directory / "aide.db");
    CHECK(code_of(open_strictly(directory / "aide.db")) == EMLINK);
    std::filesystem::remove(directory / "secret");
    CHECK(open_strictly(directory / "aide.db"));
}

TEST_CASE("links count for nothing where the kernel lets everybody make them", "[REQ-39]") {
    TemporaryDirectory directory;
    CHECK(links_are_protected(write_file(directory / "on", "1\n")));
    CHECK_FALSE(links_are_protected(write_file(directory / "off", "0\n")));
    CHECK_FALSE(links_are_protected(directory / "none"));
}

TEST_CASE("what a name becomes while it is opened is refused or is the file that was judged", "[REQ-39]") {
    TemporaryDirectory directory;
    const std::string path = directory / "aide.db";
    const std::string fifo = directory / "fifo";
    write_file(directory / "secret", "secret");
    REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    std::atomic<bool> over = false;
    std::thread attacker([&] {
        while (!over) {
            (void)::rename(write_file(directory / "good", "good").c_str(), path.c_str());
            (void)::symlink((directory / "secret").c_str(), (directory / "link").c_str());
            (void)::rename((directory / "link").c_str(), path.c_str());
            (void)::link(fifo.c_str(), (directory / "pipe").c_str());
            (void)::rename((directory / "pipe").c_str(), path.c_str());
        }
    });
    int good = 0;
    int refused = 0;
    int wrong = 0;
    while (good < 50 || refused < 50) {
        const auto fd = open_strictly(path);
        if (!fd) {
            ++refused;
        } else if (content(*fd) == "secret") {
            ++wrong;
        } else {
            ++good;
        }
    }
    over = true;
    attacker.join();
    CHECK(wrong == 0);
}

TEST_CASE("a report log may be Debian's link to the dated log beside it, and no other link") {
    TemporaryDirectory directory;
    const std::string log = directory / "aide.log";
    write_file(directory / "aide.log-20260101-000000", "report");
    write_file(directory / "secret", "secret");
    std::filesystem::create_directory(directory / "below");
    write_file(directory / "below/aide.log-1", "secret");
    std::filesystem::create_symlink(directory / "secret", directory / "aide.log-link");
    const auto opened = [&](const std::string& target) {
        std::filesystem::remove(log);
        std::filesystem::create_symlink(target, log);
        return open_log_strictly(log);
    };
    for (const std::string& target :
         {std::string("aide.log-20260101-000000"), directory / "aide.log-20260101-000000"}) {
        const auto fd = opened(target);
        REQUIRE(fd);
        CHECK(content(*fd) == "report");
    }
    for (const std::string& target :
         {std::string("secret"), directory / "secret", std::string("/etc/passwd"), std::string("below/aide.log-1"),
          std::string("../aide.log-1"), std::string("aide.log-link"), std::string("aide.log")}) {
        CAPTURE(target);
        CHECK(code_of(opened(target)) == ELOOP);
    }
}

TEST_CASE("the directory of a file is watched, whether or not the file is there") {
    TemporaryDirectory directory;
    const auto fd = watch_directory_strictly(directory / "aide.log", Resource::aide_report_log);
    REQUIRE(fd);
    write_file(directory / "aide.log", "report");
    alignas(inotify_event) std::array<char, 4096> events{};
    CHECK(::read(fd->get(), events.data(), events.size()) > 0);
    CHECK(code_of(watch_directory_strictly(directory / "nothing/aide.log", Resource::aide_report_log)) == ENOENT);
}

TEST_CASE("a file that others may write, or in a directory where they may, is not the owner's alone", "[REQ-39]") {
    TemporaryDirectory directory;
    const auto permit = [](const std::string& path, unsigned mode) {
        std::filesystem::permissions(path, std::filesystem::perms(mode));
    };
    const uid_t me = geteuid();
    std::filesystem::create_directory(directory / "etc");
    const std::string file = write_file(directory / "etc/file", "");
    CHECK(check_owned(file, me));
    for (const unsigned mode : {0620U, 0602U, 0666U}) {
        permit(file, mode);
        CHECK_FALSE(check_owned(file, me));
    }
    permit(file, 0644);
    CHECK(check_owned(file, me));
    for (const unsigned mode : {0770U, 0707U, 01777U}) {
        permit(directory / "etc", mode);
        CHECK_FALSE(check_owned(file, me));
    }
    permit(directory / "etc", 0755);
    permit(directory.path(), 0777);
    CHECK_FALSE(check_owned(file, me));
    permit(directory.path(), 01777);  // like /tmp, further above
    CHECK(check_owned(file, me));
    CHECK_FALSE(check_owned("relative", me));
    std::filesystem::create_symlink(file, directory / "link");
    CHECK_FALSE(check_owned(directory / "link", me));
}

TEST_CASE("a file of another user is not root's, nor is one below his directory", "[REQ-39]") {
    if (!test::skip_unless(geteuid() == 0, "needs root to give files away")) return;
    TemporaryDirectory directory;
    std::filesystem::create_directory(directory / "etc");
    const std::string file = write_file(directory / "etc/file", "", 0644);
    REQUIRE(chown(file.c_str(), stranger, stranger) == 0);
    CHECK(check_owned(file, 0).error().code == EPERM);
    REQUIRE(chown(file.c_str(), 0, 0) == 0);
    REQUIRE(chown((directory / "etc").c_str(), stranger, stranger) == 0);
    CHECK(check_owned(file, 0).error().code == EPERM);
}
