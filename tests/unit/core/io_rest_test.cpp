#include "core/io_rest.hpp"

#include <sys/epoll.h>

#include <catch2/catch.hpp>

#include "support/fake_loop.hpp"

using namespace integrityd;
using namespace integrityd::test;
using std::chrono::milliseconds;

namespace {

struct Reader {
    FakeLoop loop;
    IoRest rest{loop};
    int readings = 0;
    std::unique_ptr<IoSource> source = loop.add_io(5, EPOLLIN, [this](std::uint32_t) {
        ++readings;
        rest.read_all(*source);
    });

    // Something comes every so often, for so long.
    void listen(Duration every, Duration span) {
        for (Duration gone{0}; gone < span; gone += every) {
            (void)loop.ready(5, EPOLLIN);
            loop.advance(every);
        }
    }
};

}  // namespace

TEST_CASE("what comes now and then is read at once") {
    Reader reader;
    reader.listen(milliseconds(10), std::chrono::seconds(1));
    CHECK(reader.readings == 100);
}

TEST_CASE("what comes all the time is read in longer steps, and none of them is longer than 10 ms") {
    Reader reader;
    reader.listen(milliseconds(1), std::chrono::seconds(1));
    CHECK(reader.readings < 400);
    CHECK(reader.readings > 200);
    reader.loop.advance(milliseconds(10));
    reader.readings = 0;
    reader.listen(milliseconds(10), std::chrono::seconds(1));
    CHECK(reader.readings == 100);
}

TEST_CASE("a source that goes away while it rests is not touched any more") {
    Reader reader;
    reader.listen(std::chrono::microseconds(100), milliseconds(5));
    reader.rest.forget();
    reader.source.reset();
    reader.loop.advance(milliseconds(10));
    CHECK(reader.readings < 50);
}
