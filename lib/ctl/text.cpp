#include "text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cwchar>

namespace integrityctl {

namespace {

struct Character {
    std::uint32_t code = 0;
    std::size_t size = 1;
    bool valid = false;
};

std::size_t size_of_sequence(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead < 0xe0) return 2;
    if (lead >= 0xe0 && lead < 0xf0) return 3;
    return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

// The character that begins at `at`; one byte that is not valid where there is none.
Character character_at(std::string_view text, std::size_t at) {
    static constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t size = size_of_sequence(lead);
    if (size == 0 || at + size > text.size()) return {};
    std::uint32_t code = size == 1 ? lead : lead & (0xffu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(text[at + i]);
        if ((byte & 0xc0) != 0x80) return {};
        code = code << 6 | (byte & 0x3f);
    }
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < least[size] || code > 0x10ffff || surrogate) return {};
    return {code, size, true};
}

// Characters that act instead of being seen: C0, DEL, C1, bidirectional controls, line and paragraph separators.
bool acts(std::uint32_t code) {
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true;
    if (code == 0x061c || code == 0x200e || code == 0x200f || code == 0xfeff) return true;
    return (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void append_bytes(std::string& to, std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        to += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
}

// All characters that act are of the basic plane.
void append_json_escape(std::string& to, std::uint32_t code) {
    char escape[8];
    (void)std::snprintf(escape, sizeof(escape), "\\u%04x", code & 0xffffu);
    to += escape;
}

std::size_t columns_of(std::uint32_t code) {
    const int width = wcwidth(static_cast<wchar_t>(code));
    return width < 0 ? 1 : static_cast<std::size_t>(width);
}

// Where the line that begins at `begin` ends: after the last space or slash that fits, else where it is full.
std::size_t end_of_line(std::string_view text, std::size_t begin, std::size_t width) {
    std::size_t used = 0;
    std::size_t good = begin;
    for (std::size_t at = begin; at < text.size();) {
        const Character next = character_at(text, at);
        used += columns_of(next.code);
        const bool full = used > width;
        if (full && next.code == ' ') return at;  // a space may hang over, it is not printed
        if (full) return good > begin ? good : std::max(at, begin + next.size);
        at += next.size;
        if (next.code == ' ' || next.code == '/') good = at;
    }
    return text.size();
}

// A character, or an escape, which means nothing in halves.
std::size_t size_of_unit(std::string_view text, std::size_t at) {
    if (text[at] != '\\') return character_at(text, at).size;
    const bool bytes = text.substr(at, 2) == "\\x";
    return std::min<std::size_t>(bytes ? 4 : 2, text.size() - at);
}

}  // namespace

std::string printable(std::string_view text) {
    std::string safe;
    for (std::size_t at = 0; at < text.size();) {
        const Character next = character_at(text, at);
        if (!next.valid || acts(next.code)) {
            append_bytes(safe, text.substr(at, next.size));
        } else {
            safe += text.substr(at, next.size);
        }
        at += next.size;
    }
    return safe;
}

std::string printable_json(std::string_view line) {
    std::string safe;
    for (std::size_t at = 0; at < line.size();) {
        const Character next = character_at(line, at);
        if (!next.valid) {
            append_json_escape(safe, 0xfffd);
        } else if (acts(next.code)) {
            append_json_escape(safe, next.code);
        } else {
            safe += line.substr(at, next.size);
        }
        at += next.size;
    }
    return safe;
}

std::size_t columns(std::string_view text) {
    std::size_t used = 0;
    for (std::size_t at = 0; at < text.size();) {
        const Character next = character_at(text, at);
        used += columns_of(next.code);
        at += next.size;
    }
    return used;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    do {
        const std::size_t end = end_of_line(text, begin, std::max<std::size_t>(width, 1));
        std::string line(text.substr(begin, end - begin));
        begin = end;
        while (begin < text.size() && text[begin] == ' ')
            ++begin;
        if (begin < text.size()) line.resize(line.find_last_not_of(' ') + 1);
        lines.push_back(std::move(line));
    } while (begin < text.size());
    return lines;
}

std::string wrap_behind(std::size_t indent, std::string_view text, std::size_t width) {
    const std::size_t room = width > indent + 20 ? width - indent : 20;
    return join(wrap(text, room), "\n" + std::string(indent, ' '));
}

std::string cut_middle(std::string_view text, std::size_t room) {
    const std::size_t whole = columns(text);
    if (whole <= room) return std::string(text);
    const std::size_t words = columns("…" + std::to_string(text.size()) + " more…");
    const std::size_t kept = std::max<std::size_t>(room, 24) - words;
    std::size_t head = 0;  // where the first half ends
    std::size_t tail = 0;  // where the second begins
    std::size_t used = 0;
    while (tail < text.size() && whole - used > kept - kept / 2) {
        const std::size_t size = size_of_unit(text, tail);
        used += columns(text.substr(tail, size));
        tail += size;
        if (used <= kept / 2) head = tail;
    }
    return std::string(text.substr(0, head)) + "…" + std::to_string(tail - head) + " more…" +
           std::string(text.substr(tail));
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string joined;
    for (const auto& part : parts) {
        if (&part != &parts.front()) joined += separator;
        joined += part;
    }
    return joined;
}

}  // namespace integrityctl
