#include "ctl/output.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace integrityctl;

namespace {

struct Pipe {
    Pipe() { REQUIRE(::pipe(ends.data()) == 0); }
    ~Pipe() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    std::string read() {
        std::array<char, 4096> buffer{};
        const auto size = ::read(ends[0], buffer.data(), buffer.size());
        return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    }
    std::array<int, 2> ends{};
};

const Terminal nobody = Terminal::from(false, nullptr, nullptr, 0);

}  // namespace

TEST_CASE("What is written comes out when it is flushed, in order", "[ctl]") {
    Pipe pipe;
    Output out(pipe.ends[1], nobody);
    out.line("one");
    out.json("{\"a\":\"\x7f\"}");
    out.flush();
    CHECK(pipe.read() == "one\n{\"a\":\"\\u007f\"}\n");
}

TEST_CASE("A reader that has gone is no error", "[ctl]") {
    std::signal(SIGPIPE, SIG_IGN);
    Pipe pipe;
    ::close(pipe.ends[0]);
    Output out(pipe.ends[1], nobody);
    out.line("one");
    out.flush();
    CHECK(out.closed());
    CHECK(out.error() == 0);
    out.line("two");
    out.flush();
    pipe.ends[0] = -1;
}

TEST_CASE("A full disk is an error", "[ctl]") {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    REQUIRE(full >= 0);
    {
        Output out(full, nobody);
        out.line("one");
        out.flush();
        CHECK(out.error() == ENOSPC);
    }
    ::close(full);
}

TEST_CASE("Progress is for a terminal, on one line of it", "[ctl]") {
    Pipe pipe;
    Output out(pipe.ends[1], Terminal::from(true, nullptr, "dumb", 40));
    out.progress(std::string(100, 'x'));
    CHECK(pipe.read() == "\r\033[K" + std::string(39, 'x'));
    out.progress("");
    CHECK(pipe.read() == "\r\033[K");
    out.progress("");
    out.line("end");
    out.flush();
    CHECK(pipe.read() == "end\n");

    Output file(pipe.ends[1], nobody);
    file.progress("unseen");
    file.line("end");
    file.flush();
    CHECK(pipe.read() == "end\n");
}
