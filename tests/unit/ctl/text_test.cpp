#include "ctl/text.hpp"

#include <catch2/catch.hpp>

using namespace integrityctl;

TEST_CASE("Text that could act on a terminal is shown as bytes", "[ctl][REQ-17]") {
    CHECK(printable("/etc/passwd") == "/etc/passwd");
    CHECK(printable("/etc/\033[2J") == "/etc/\\x1b[2J");
    CHECK(printable("a\nb\tc\x7f") == "a\\x0ab\\x09c\\x7f");
    CHECK(printable(std::string_view("a\0b", 3)) == "a\\x00b");
    CHECK(printable("C1: \xc2\x9b"
                    "31m") == "C1: \\xc2\\x9b31m");
    CHECK(printable("\xe2\x80\xaetxt.exe") == "\\xe2\\x80\\xaetxt.exe");
    CHECK(printable("\xe2\x81\xa6\xe2\x80\x8f") == "\\xe2\\x81\\xa6\\xe2\\x80\\x8f");
}

TEST_CASE("Bytes that are no UTF-8 are shown as bytes, and the rest is left alone", "[ctl][REQ-17]") {
    CHECK(printable("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x92") ==
          "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x92");
    CHECK(printable("\xff") == "\\xff");
    CHECK(printable("\xc3") == "\\xc3");
    CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");                    // overlong
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
    CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
}

TEST_CASE("What the daemon has escaped is not escaped again", "[ctl]") {
    CHECK(printable("/tmp/\\x0a\\\\") == "/tmp/\\x0a\\\\");
}

TEST_CASE("A line of JSON keeps its value and loses what acts", "[ctl][REQ-17]") {
    CHECK(printable_json(R"({"a":"b\n"})") == R"({"a":"b\n"})");
    CHECK(printable_json("{\"a\":\"\xc2\x9b\x7f\"}") == R"({"a":"\u009b\u007f"})");
    CHECK(printable_json("{\"a\":\"\xe2\x80\xae\"}") == R"({"a":"\u202e"})");
    CHECK(printable_json("{\"a\":\"\xff\"}") == R"({"a":"\ufffd"})");
}

TEST_CASE("Lines are broken after a space or a slash, and else where they are full", "[ctl]") {
    using Lines = std::vector<std::string>;
    CHECK(wrap("", 10) == Lines{""});
    CHECK(wrap("one two three", 8) == Lines{"one two", "three"});
    CHECK(wrap("one two", 3) == Lines{"one", "two"});
    CHECK(wrap("/usr/lib/systemd/system", 10) == Lines{"/usr/lib/", "systemd/", "system"});
    CHECK(wrap("abcdefgh", 3) == Lines{"abc", "def", "gh"});
    CHECK(wrap("ab", 0) == Lines{"a", "b"});
    CHECK(wrap("\xc3\xbc\xc3\xbc\xc3\xbc", 2) == Lines{"\xc3\xbc\xc3\xbc", "\xc3\xbc"});
}

TEST_CASE("No line of wrapped text is wider than asked, and none of it is lost", "[ctl]") {
    const std::string text = "a path/with some/long-words-in-it and /an/other one, 0123456789012345678901234567890";
    for (std::size_t width = 1; width < 60; ++width) {
        std::string together;
        for (const auto& line : wrap(text, width)) {
            CHECK(columns(line) <= width);
            together += line;
        }
        std::erase(together, ' ');
        std::string expected = text;
        std::erase(expected, ' ');
        CHECK(together == expected);
    }
}

TEST_CASE("A long text is cut in its middle, and the marker says how much", "[ctl]") {
    CHECK(cut_middle("/etc/passwd", 24) == "/etc/passwd");
    const std::string text = "/begin/" + std::string(500, 'x') + "/end";
    const std::string cut = cut_middle(text, 40);
    CHECK(columns(cut) == 40);
    CHECK(cut.starts_with("/begin/"));
    CHECK(cut.ends_with("/end"));
    const std::size_t kept = columns(cut) - columns("…483 more…");
    CHECK(cut.find("…" + std::to_string(text.size() - kept) + " more…") != std::string::npos);
}

TEST_CASE("An escape is never cut in two", "[ctl][REQ-17]") {
    std::string text;
    for (int i = 0; i < 100; ++i)
        text += "\\x1b\\\\";
    for (std::size_t room = 24; room < 60; ++room) {
        const std::string cut = cut_middle(text, room);
        CHECK(columns(cut) <= room);
        const std::string head = cut.substr(0, cut.find("…"));
        const std::string tail = cut.substr(cut.rfind("…") + std::string("…").size());
        CHECK((head.ends_with("\\x1b") || head.ends_with("\\\\")));
        CHECK((tail.starts_with("\\x1b") || tail.starts_with("\\\\")));
    }
}
