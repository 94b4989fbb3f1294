// A stream of bytes, cut into lines.
#include <catch2/catch.hpp>

#include "sources/audit_line_reader.hpp"

using namespace integrityd;

namespace {

std::vector<std::string> lines_in_chunks(AuditLineReader& reader, std::string_view text, std::size_t chunk) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size(); at += chunk) {
        reader.feed(text.substr(at, chunk));
        while (const auto line = reader.next())
            lines.emplace_back(line->text);
    }
    return lines;
}

}  // namespace

TEST_CASE("lines are the same whatever the size of the chunks") {
    const std::string text = "one\ntwo three\nfour\n";
    for (std::size_t chunk = 1; chunk <= text.size(); ++chunk) {
        AuditLineReader reader;
        CHECK(lines_in_chunks(reader, text, chunk) == std::vector<std::string>{"one", "two three", "four"});
        CHECK(reader.offset() == text.size());
    }
}

TEST_CASE("a line without an end stays until it has one, and the offset stays before it") {
    AuditLineReader reader(100);
    CHECK(lines_in_chunks(reader, "whole\npart", 1000) == std::vector<std::string>{"whole"});
    CHECK(reader.offset() == 106);
    CHECK(reader.pending() == 4);
    CHECK(lines_in_chunks(reader, "ial\n", 1000) == std::vector<std::string>{"partial"});
    CHECK(reader.offset() == 114);
    CHECK(reader.pending() == 0);
}

TEST_CASE("each line says where it ends in the stream") {
    AuditLineReader reader(10);
    reader.feed("ab\n\ncd\n");
    CHECK(reader.next()->end_offset == 13);
    CHECK(reader.next()->end_offset == 17);
    CHECK_FALSE(reader.next());
}

TEST_CASE("a line of a chunk's own is not copied, and one of two chunks stays readable until the next feed") {
    AuditLineReader reader;
    const std::string first = "begin of ";
    const std::string second = "a line\nwhole\nnext ";
    reader.feed(first);
    CHECK_FALSE(reader.next());
    reader.feed(second);
    const auto joined = reader.next();
    const auto whole = reader.next();
    CHECK_FALSE(reader.next());
    CHECK(joined->text == "begin of a line");
    CHECK(whole->text.data() == second.data() + 7);
}

TEST_CASE("blank lines and lines with NUL or CR are counted and passed over", "[REQ-30]") {
    AuditLineReader reader;
    const std::string_view text("\na\r\nb\0c\n\0\0\0\ngood\n", 17);
    CHECK(lines_in_chunks(reader, text, 5) == std::vector<std::string>{"good"});
    CHECK(reader.counters().malformed == 4);
    CHECK(reader.counters().lines == 1);
    CHECK(reader.offset() == text.size());
}

TEST_CASE("the line behind the NULs that a power loss has left is not lost") {
    AuditLineReader reader;
    const std::string text = std::string(5000, '\0') + "type=DAEMON_START\n";
    CHECK(lines_in_chunks(reader, text, 4096) == std::vector<std::string>{"type=DAEMON_START"});
    CHECK(reader.counters().malformed == 1);
}

TEST_CASE("a line of 400 KB is given cut, and the next one whole", "[REQ-30]") {
    const std::string text = std::string(400'000, 'x') + "\nnext\n";
    for (const std::size_t chunk : {7U, 4096U, 65536U, 1U << 20}) {
        AuditLineReader reader;
        const auto lines = lines_in_chunks(reader, text, chunk);
        REQUIRE(lines.size() == 2);
        CHECK(lines[0].size() == AuditLineReader::max_line);
        CHECK(lines[1] == "next");
        CHECK(reader.counters().cut == 1);
        CHECK(reader.counters().skipped_bytes == 400'000 - AuditLineReader::max_line);
        CHECK(reader.offset() == text.size());
    }
}

TEST_CASE("a line of 64 KiB is whole") {
    AuditLineReader reader;
    const std::string line(AuditLineReader::max_line, 'x');
    const auto lines = lines_in_chunks(reader, line + "\n", 1000);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] == line);
    CHECK(reader.counters().cut == 0);
}

TEST_CASE("a reader that is restarted forgets the unfinished line") {
    AuditLineReader reader;
    reader.feed("unfinished");
    CHECK_FALSE(reader.next());
    reader.restart(7);
    reader.feed("new\n");
    const auto line = reader.next();
    REQUIRE(line);
    CHECK(line->text == "new");
    CHECK(line->end_offset == 11);
}
