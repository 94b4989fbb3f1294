#include "core/escape.hpp"

#include <array>
#include <cassert>
#include <cstdint>

namespace integrityd {

namespace {

struct Character {
    char32_t code = 0;
    std::size_t length = 0;  // 0: no valid UTF-8 here
};

// One character of UTF-8 (RFC 3629: shortest form, no surrogates, up to U+10FFFF).
Character decode(std::string_view bytes) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    const std::uint8_t first = at(0);
    if (first < 0x80) return {first, 1};
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || bytes.size() < length) return {};
    char32_t code = first & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((at(i) & 0xc0) != 0x80) return {};
        code = (code << 6) | (at(i) & 0x3fU);
    }
    constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < least.at(length) || code > 0x10ffff || surrogate) return {};
    return {code, length};
}

// What could move the cursor, start a line, or make text read backwards; and the noncharacters,
// which sd-bus refuses in a string: one such name would make a whole reply unreadable.
bool is_deceptive(char32_t code) {
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true;
    if (code == 0x2028 || code == 0x2029) return true;
    if ((code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)) return true;
    return (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) == 0xfffe;
}

// Appends the first character (or byte) of `bytes` in its escaped form; returns how many bytes it was.
std::size_t append_escaped(std::string& out, std::string_view bytes) {
    const Character character = decode(bytes);
    if (character.code == U'\\') {
        out += "\\\\";
        return 1;
    }
    const std::size_t length = character.length == 0 ? 1 : character.length;
    if (character.length != 0 && !is_deceptive(character.code)) {
        out += bytes.substr(0, length);
        return length;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char byte : bytes.substr(0, length)) {
        out += "\\x";
        out += digits[static_cast<std::uint8_t>(byte) >> 4];
        out += digits[static_cast<std::uint8_t>(byte) & 0xf];
    }
    return length;
}

// Room for "… (18446744073709551615 more bytes)".
constexpr std::size_t longest_remark = 40;

}  // namespace

std::string escape(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    while (!bytes.empty())
        bytes.remove_prefix(append_escaped(out, bytes));
    return out;
}

std::string escape_cut(std::string_view bytes, std::size_t limit) {
    assert(limit >= longest_remark);
    std::string out;
    std::size_t kept = 0;       // of the output, should it have to be cut
    std::size_t remaining = 0;  // of the input, after `kept`
    while (!bytes.empty() && out.size() <= limit) {
        if (out.size() <= limit - longest_remark) {
            kept = out.size();
            remaining = bytes.size();
        }
        bytes.remove_prefix(append_escaped(out, bytes));
    }
    if (out.size() <= limit) return out;
    out.resize(kept);
    return out + "… (" + std::to_string(remaining) + " more bytes)";
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        if (static_cast<std::uint8_t>(text.front()) < 0x80) {
            text.remove_prefix(1);  // most of what is asked about
            continue;
        }
        const Character character = decode(text);
        if (character.length == 0) return false;
        text.remove_prefix(character.length);
    }
    return true;
}

}  // namespace integrityd
