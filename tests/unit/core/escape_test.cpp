#include "core/escape.hpp"

#include <random>
#include <set>

#include <catch2/catch.hpp>

using namespace integrityd;

namespace {

// The inverse of escape(), written from the contract alone.
std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
        } else if (text.at(i + 1) == '\\') {
            out += '\\';
            i += 1;
        } else {
            REQUIRE(text.at(i + 1) == 'x');
            out += static_cast<char>(std::stoi(std::string(text.substr(i + 2, 2)), nullptr, 16));
            i += 3;
        }
    }
    return out;
}

std::string random_bytes(std::mt19937& random, std::size_t longest) {
    // Bytes that UTF-8 is made of are frequent, so that valid and nearly valid characters occur.
    const std::string frequent = "aä€😀\\\x80\xe2\xf0\xed\xc0\xff\n\x7f\u202e\u2028\u0085";
    std::string out(random() % (longest + 1), '\0');
    for (char& byte : out)
        byte = random() % 4 != 0 ? frequent[random() % frequent.size()] : static_cast<char>(random());
    return out;
}

}  // namespace

TEST_CASE("text of any script is passed on as it is") {
    for (const std::string text : {"", "/etc/passwd", "Grüße", "日本語", "😀", "a\u00a0b", "עברית"})
        CHECK(escape(text) == text);
}

TEST_CASE("what could deceive a reader or forge a line is escaped [REQ-17]") {
    CHECK(escape("a\nb") == "a\\x0ab");
    CHECK(escape(std::string("\0", 1)) == "\\x00");
    CHECK(escape("\x7f") == "\\x7f");
    CHECK(escape("\x1b[2J") == "\\x1b[2J");
    CHECK(escape("\u009b") == "\\xc2\\x9b");
    CHECK(escape("\u2028") == "\\xe2\\x80\\xa8");
    CHECK(escape("\u202egpj.exe") == "\\xe2\\x80\\xaegpj.exe");
    CHECK(escape("\u2066") == "\\xe2\\x81\\xa6");
    CHECK(escape("\\x0a") == "\\\\x0a");
    CHECK(escape("\uffff") == "\\xef\\xbf\\xbf");
}

TEST_CASE("bytes that are no UTF-8 are escaped one by one", "[REQ-17]") {
    CHECK(escape("\xff") == "\\xff");
    CHECK(escape("\xc0\xaf") == "\\xc0\\xaf");                    // not the shortest form
    CHECK(escape("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
    CHECK(escape("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond U+10FFFF
    CHECK(escape("\xe2\x82") == "\\xe2\\x82");                    // cut off
    CHECK(escape("\xe2\x82z") == "\\xe2\\x82z");
}

TEST_CASE("escaping can be undone and always gives UTF-8", "[REQ-17]") {
    std::mt19937 random(1);
    for (int round = 0; round < 5000; ++round) {
        const std::string bytes = random_bytes(random, 40);
        const std::string escaped = escape(bytes);
        REQUIRE(is_utf8(escaped));
        REQUIRE(unescape(escaped) == bytes);
    }
}

TEST_CASE("a cut text says how much was cut and keeps to its limit") {
    CHECK(escape_cut("short", 40) == "short");
    CHECK(escape_cut(std::string(40, 'a'), 40) == std::string(40, 'a'));
    CHECK(escape_cut(std::string(100, 'a'), 50) == std::string(10, 'a') + "… (90 more bytes)");
    std::mt19937 random(2);
    for (int round = 0; round < 5000; ++round) {
        const std::string bytes = random_bytes(random, 200);
        const std::string cut = escape_cut(bytes, 60);
        REQUIRE(cut.size() <= 60);
        REQUIRE(is_utf8(cut));
        if (cut == escape(bytes)) continue;
        const std::size_t remark = cut.find("… (");
        REQUIRE(remark != std::string::npos);
        const std::string kept = unescape(cut.substr(0, remark));
        REQUIRE(bytes.substr(0, kept.size()) == kept);
        REQUIRE(std::stoul(cut.substr(cut.find('(', remark) + 1)) == bytes.size() - kept.size());
    }
}
