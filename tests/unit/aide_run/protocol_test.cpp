// The frames: whatever comes, in whatever pieces.
#include "aide_run/protocol.hpp"

#include <catch2/catch.hpp>

using namespace integrityd;

namespace {

std::string frame(AideFrame type, const std::string& payload) {
    const auto header = aide_frame_header(type, payload.size());
    return std::string(header.data(), header.size()) + payload;
}

struct Taken {
    std::string output;
    std::string errors;
    std::string fault;
    AideFrameReader reader;
};

// In pieces of this size.
Taken take(const std::string& bytes, std::size_t piece) {
    Taken taken;
    for (std::size_t at = 0; at < bytes.size() && taken.fault.empty(); at += piece) {
        const auto result =
            taken.reader.take(std::string_view(bytes).substr(at, piece), [&](AideFrame type, std::string_view text) {
                (type == AideFrame::output ? taken.output : taken.errors) += text;
            });
        if (!result) taken.fault = result.error().message;
    }
    return taken;
}

const std::string ended_with_5{'\0', '\5'};

}  // namespace

TEST_CASE("a check of some paths says how much follows, and no other request does") {
    const auto request = parse_aide_request("paths 1234");
    REQUIRE(request);
    CHECK(request->verb == AideVerb::paths);
    CHECK(request->payload_size == 1234);
    CHECK(aide_request(AideVerb::paths, "abc") == "paths 3\nabc");
    CHECK(parse_aide_request("check")->verb == AideVerb::check);
    for (const char* line : {"paths", "paths ", "paths 0", "paths 01", "paths -1", "paths 1x", "paths 1 2", "check 1",
                             "paths 1310721", "paths 99999999999999999999", ""}) {
        CAPTURE(line);
        CHECK_FALSE(parse_aide_request(line));
    }
}

TEST_CASE("frames are the same in whatever pieces they come") {
    const std::string bytes = frame(AideFrame::output, "one ") + frame(AideFrame::errors, "bad") +
                              frame(AideFrame::output, "") + frame(AideFrame::output, "two") +
                              frame(AideFrame::ended, ended_with_5);
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        const Taken taken = take(bytes, piece);
        CHECK(taken.fault.empty());
        CHECK(taken.output == "one two");
        CHECK(taken.errors == "bad");
        REQUIRE(taken.reader.ending());
        CHECK(taken.reader.ending()->exit_status == 5);
        CHECK(!taken.reader.ending()->signal);
    }
}

TEST_CASE("a signal and a refusal are endings too") {
    CHECK(take(frame(AideFrame::ended, {'\1', '\11'}), 64).reader.ending()->signal == 9);
    CHECK(take(frame(AideFrame::refused, "no"), 64).reader.ending()->refused == "no");
    CHECK(take(frame(AideFrame::refused, ""), 64).reader.ending()->refused == "no reason was given");
}

TEST_CASE("what is cut off has no ending") {
    const std::string whole = frame(AideFrame::output, "text") + frame(AideFrame::ended, ended_with_5);
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK(!take(whole.substr(0, size), 64).reader.ending());
}

TEST_CASE("what is no frame of this protocol is an error [REQ-30]") {
    const std::string last = frame(AideFrame::ended, ended_with_5);
    for (const std::string& wrong : {
             std::string("HTTP/1.1 200 OK\r\n"),
             std::string("o\0\1\0\1", 5),       // longer than any frame
             std::string("o\xff\xff\xff\xff"),  // longer than memory
             std::string("r\0\0\4\1", 5),       // longer than any reason
             std::string("x\0\0\0\1\0", 6),     // an ending of another size
             std::string("x\0\0\0\2\2\0", 7),   // neither exited nor killed
             last + "o",
             last + last,
         })
        CHECK(!take(wrong, 3).fault.empty());
}
