#include "core/glob.hpp"

namespace integrityd {

namespace {

// The first character of `text` (which is not empty). Continuation bytes belong to the one before
// them; in bytes that are no UTF-8 this still ends and still gives each byte to one character.
std::string_view first_character(std::string_view text) {
    std::size_t length = 1;
    while (length < text.size() && length < 4 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80)
        ++length;
    return text.substr(0, length);
}

struct Match {
    bool matched = false;
    std::size_t length = 0;  // of the pattern's element
};

// The position of the `]` that closes the set at the head of `pattern`; npos: none does.
std::size_t end_of_set(std::string_view pattern) {
    std::size_t i = 1;
    if (i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^')) ++i;
    for (std::size_t first = i; i < pattern.size(); ++i) {
        if (pattern[i] == ']' && i != first) return i;
        if (pattern[i] == '\\') ++i;
    }
    return std::string_view::npos;
}

std::string_view take_member(std::string_view& set) {
    if (set.size() > 1 && set.front() == '\\') set.remove_prefix(1);
    const std::string_view member = first_character(set);
    set.remove_prefix(member.size());
    return member;
}

// UTF-8 sorts by bytes as by code points, so ranges need no decoding.
bool is_in_set(std::string_view set, std::string_view character) {
    const bool negated = set.front() == '!' || set.front() == '^';
    if (negated) set.remove_prefix(1);
    bool found = false;
    while (!set.empty()) {
        const std::string_view low = take_member(set);
        std::string_view high = low;
        if (set.size() > 1 && set.front() == '-') {
            set.remove_prefix(1);
            high = take_member(set);
        }
        found = found || (low <= character && character <= high);
    }
    return found != negated;
}

// Whether the element at the head of `pattern` (not empty, no `*`) matches `character`.
Match match_element(std::string_view pattern, std::string_view character) {
    if (pattern.front() == '?') return {true, 1};
    if (pattern.front() == '[') {
        const std::size_t end = end_of_set(pattern);
        if (end != std::string_view::npos) return {is_in_set(pattern.substr(1, end - 1), character), end + 1};
    }
    const std::size_t quote = pattern.front() == '\\' && pattern.size() > 1 ? 1 : 0;
    const std::string_view literal = first_character(pattern.substr(quote));
    return {literal == character, quote + literal.size()};
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
    constexpr std::size_t none = std::string_view::npos;
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t after_star = none;  // where to go on when the rest did not match
    std::size_t star_text = 0;      // the text that the last `*` has not swallowed yet
    while (t < text.size()) {
        const std::string_view character = first_character(text.substr(t));
        if (p < pattern.size() && pattern[p] == '*') {
            after_star = ++p;
            star_text = t;
            continue;
        }
        const Match match = p < pattern.size() ? match_element(pattern.substr(p), character) : Match{};
        if (match.matched) {
            p += match.length;
            t += character.size();
        } else if (after_star != none) {
            star_text += first_character(text.substr(star_text)).size();
            t = star_text;
            p = after_star;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

}  // namespace integrityd
