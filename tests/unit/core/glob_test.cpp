#include "core/glob.hpp"

#include <fnmatch.h>
#include <random>
#include <string>

#include <catch2/catch.hpp>

using namespace integrityd;

TEST_CASE("a pattern without special characters matches itself alone") {
    CHECK(glob_matches("/etc/motd", "/etc/motd"));
    CHECK_FALSE(glob_matches("/etc/motd", "/etc/motd2"));
    CHECK_FALSE(glob_matches("/etc/motd", "/etc/mot"));
    CHECK(glob_matches("", ""));
    CHECK_FALSE(glob_matches("", "a"));
}

TEST_CASE("a star covers folders below too") {
    CHECK(glob_matches("/etc/*", "/etc/ssh/sshd_config"));
    CHECK(glob_matches("*", ""));
    CHECK(glob_matches("aide.entry.*", "aide.entry.changed"));
    CHECK_FALSE(glob_matches("aide.entry.*", "aide.check.failed"));
    CHECK(glob_matches("*.d/*.conf", "/etc/a.d/b.d/c.conf"));
    CHECK_FALSE(glob_matches("*a*b", "aab c"));
}

TEST_CASE("a question mark and a set take one character, not one byte") {
    CHECK(glob_matches("f?r", "für"));
    CHECK(glob_matches("f[ä-ü]r", "för"));
    CHECK_FALSE(glob_matches("f[!ä-ü]r", "för"));
    CHECK(glob_matches("[]x]", "]"));
    CHECK(glob_matches("[a-c-]", "-"));
    CHECK(glob_matches("[abc", "[abc"));
    CHECK(glob_matches("\\*", "*"));
    CHECK_FALSE(glob_matches("\\*", "a"));
    CHECK(glob_matches("a\\\\x0a", "a\\x0a"));
}

TEST_CASE("on ASCII patterns it agrees with fnmatch") {
    std::mt19937 random(4);
    const std::string in_pattern = "ab*?[]!-\\/.";
    const std::string in_text = "ab/.";
    int matched = 0;
    for (int round = 0; round < 50'000; ++round) {
        std::string pattern;
        std::string text;
        for (auto n = random() % 7; n > 0; --n)
            pattern += in_pattern[random() % in_pattern.size()];
        for (auto n = random() % 6; n > 0; --n)
            text += in_text[random() % in_text.size()];
        // Unclosed sets, a last backslash and sets that are odd are each libc's own affair.
        const bool odd = pattern.find('[') != std::string::npos || pattern.ends_with('\\');
        if (odd) continue;
        const bool expected = fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
        matched += expected ? 1 : 0;
        INFO(pattern << " on " << text);
        REQUIRE(glob_matches(pattern, text) == expected);
    }
    CHECK(matched > 1000);
}

TEST_CASE("any bytes as pattern and text come to an end [REQ-30]") {
    std::mt19937 random(5);
    for (int round = 0; round < 20'000; ++round) {
        std::string pattern(random() % 12, '\0');
        std::string text(random() % 12, '\0');
        for (char& byte : pattern)
            byte = random() % 2 != 0 ? "*?[]!-\\"[random() % 7] : static_cast<char>(random());
        for (char& byte : text)
            byte = static_cast<char>(random());
        (void)glob_matches(pattern, text);
        REQUIRE(glob_matches("*", text));
    }
    CHECK_FALSE(glob_matches("*a*a*a*a*a*a*a*a*b", std::string(16'000, 'a')));
}
