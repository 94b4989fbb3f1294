#include "core/busy_io.hpp"

#include <sys/epoll.h>

#include <catch2/catch.hpp>

#include "support/fake_loop.hpp"

using namespace integrityd;
using namespace integrityd::test;
using std::chrono::milliseconds;
using Reading = BusyIo::Reading;

namespace {

struct Reader {
    FakeLoop loop;
    bool there = false;
    bool more = false;
    int readings = 0;
    std::function<void()> during = [] {};
    std::unique_ptr<BusyIo> io = std::make_unique<BusyIo>(loop, [this] {
        during();
        if (!std::exchange(there, false)) return Reading::nothing;
        ++readings;
        return more ? Reading::some : Reading::all;
    });

    Reader() { io->watch(5); }

    void come() {
        there = true;
        (void)loop.ready(5, EPOLLIN);
    }
    // Something comes every so often, for so long.
    void listen(Duration every, Duration span) {
        for (Duration gone{0}; gone < span; gone += every) {
            come();
            loop.advance(every);
        }
    }
    [[nodiscard]] bool rests() { return !loop.ready(5, EPOLLIN); }
};

}  // namespace

TEST_CASE("what comes now and then is read at once") {
    Reader reader;
    reader.listen(milliseconds(10), std::chrono::seconds(1));
    CHECK(reader.readings == 100);
}

TEST_CASE("what comes all the time is read in longer steps, and at once again after a silence") {
    Reader reader;
    reader.listen(milliseconds(1), std::chrono::seconds(1));
    CHECK(reader.readings < 400);
    CHECK(reader.readings > 200);
    CHECK_FALSE(reader.there);
    reader.loop.advance(milliseconds(10));
    CHECK_FALSE(reader.rests());
    reader.readings = 0;
    reader.listen(milliseconds(10), std::chrono::seconds(1));
    CHECK(reader.readings == 100);
}

TEST_CASE("what is left of a turn is read without a rest") {
    Reader reader;
    reader.more = true;
    reader.listen(std::chrono::microseconds(100), milliseconds(5));
    CHECK(reader.readings == 50);
}

TEST_CASE("a descriptor that is forgotten while it rests is not read any more") {
    Reader reader;
    reader.listen(std::chrono::microseconds(100), milliseconds(5));
    REQUIRE(reader.rests());
    const int before = reader.readings;
    reader.there = true;
    reader.io->forget();
    reader.loop.advance(milliseconds(10));
    CHECK(reader.readings == before);
}

TEST_CASE("a reading may forget its descriptor, watch another, and end the whole") {
    Reader reader;
    reader.during = [&reader] {
        reader.io->forget();
        reader.io->watch(6);
    };
    reader.come();
    CHECK_FALSE(reader.loop.ready(5, EPOLLIN));
    reader.during = [&reader] { reader.io.reset(); };
    CHECK(reader.loop.ready(6, EPOLLIN));
    CHECK(reader.loop.waited_for().empty());
}
