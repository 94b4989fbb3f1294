// The example programs, run as a user would run them.
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "subscriber.hpp"
#include "support/skip.hpp"

namespace integrityd::test {

namespace {

// A program whose output is read while the fake daemon is served.
class Program {
public:
    explicit Program(const std::vector<std::string>& command) {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        pid_ = ::fork();
        if (pid_ == 0) become(command, ends[1]);
        ::close(ends[1]);
        output_ = ends[0];
    }
    ~Program() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        ::close(output_);
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    // Everything that was printed up to and including a line that has `text` in it.
    std::string read_until(FakeManager& manager, const std::string& text) {
        const auto deadline = std::chrono::steady_clock::now() + failure_bound;
        while (seen_.find(text) == std::string::npos || seen_.back() != '\n') {
            if (manager.dispatch()) continue;
            if (std::chrono::steady_clock::now() > deadline) FAIL("waited for: " << text << "\nprinted: " << seen_);
            read_some(manager);
        }
        return std::exchange(seen_, {});
    }

private:
    [[noreturn]] static void become(const std::vector<std::string>& command, int output) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(output, STDOUT_FILENO);
        std::vector<char*> arguments;
        for (const auto& argument : command)
            arguments.push_back(const_cast<char*>(argument.c_str()));
        arguments.push_back(nullptr);
        ::execv(arguments[0], arguments.data());
        _exit(127);
    }
    void read_some(FakeManager& manager) {
        std::array<pollfd, 2> waited = {pollfd{output_, POLLIN, 0}, pollfd{sd_bus_get_fd(manager.bus()), POLLIN, 0}};
        ::poll(waited.data(), waited.size(), 1000);
        if (waited[0].revents == 0) return;
        std::array<char, 4096> buffer{};
        const auto size = ::read(output_, buffer.data(), buffer.size());
        if (size <= 0) FAIL("the program ended; printed: " << seen_);
        seen_.append(buffer.data(), static_cast<std::size_t>(size));
    }

    pid_t pid_ = -1;
    int output_ = -1;
    std::string seen_;
};

bool python_has_dbus() {
    return std::system("/usr/bin/python3 -c 'import dbus.mainloop.glib; from gi.repository import GLib' 2>/dev/null") ==
           0;
}

}  // namespace

TEST_CASE("the C example prints the snapshot and then every event", "[lib]") {
    PrivateBus bus;
    FakeStore store;
    store.violations = {{.id = 1}};
    auto manager = std::make_unique<FakeManager>(store);
    Program program({EXAMPLE_C});
    CHECK(program.read_until(*manager, "from here on") ==
          "verdict: intact\naide.entry.changed /etc/passwd\nand from here on:\n");
    manager->raise();
    CHECK(program.read_until(*manager, "\"sequence\":1").find("\"kind\":\"aide.entry.changed\"") != std::string::npos);
    manager = std::make_unique<FakeManager>(store);
    CHECK(program.read_until(*manager, "verdict: intact").find("not watched: ") == 0);
}

TEST_CASE("the C++ example goes on where it was when it ended", "[lib]") {
    PrivateBus bus;
    TemporaryDirectory directory;
    FakeStore store;
    FakeManager manager(store);
    {
        Program program({EXAMPLE_CPP, directory / "position"});
        program.read_until(manager, "following");
        manager.raise();
        program.read_until(manager, "raised aide.entry.changed");
        manager.raise({.violation = {.id = 2, .kind = "aide.entry.added"}});
        program.read_until(manager, "raised aide.entry.added");  // so the position after the first is written
    }
    manager.raise({.violation = {.id = 3, .kind = "aide.entry.removed"}});
    Program program({EXAMPLE_CPP, directory / "position"});
    const std::string again = program.read_until(manager, "raised aide.entry.removed");
    CHECK(again.find("aide.entry.changed") == std::string::npos);
}

TEST_CASE("the Python example follows over plain D-Bus and over a restart", "[lib][REQ-7]") {
    if (!skip_unless(python_has_dbus(), "needs python3-dbus and python3-gi")) return;
    PrivateBus bus;
    FakeStore store;
    store.add({.violation = {.id = 1}});
    auto manager = std::make_unique<FakeManager>(store);
    Program program({"/usr/bin/python3", EXAMPLE_PYTHON});
    CHECK(program.read_until(*manager, "1 raised") ==
          "daemon is there\n1 raised aide.entry.changed high /etc/passwd\n");
    manager->raise();
    CHECK(program.read_until(*manager, "2 raised") == "2 raised aide.entry.changed high /etc/passwd\n");
    manager.reset();
    store.add({.violation = {.id = 3}});
    manager = std::make_unique<FakeManager>(store);
    const std::string after = program.read_until(*manager, "3 raised");
    CHECK(after.find("not watched: no daemon on the bus\ndaemon is there\n3 raised ") != std::string::npos);
}

}  // namespace integrityd::test
