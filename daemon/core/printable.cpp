#include "core/printable.hpp"

#include <algorithm>

#include "core/escape.hpp"

namespace integrityd {

namespace {

// `\xNN`, the longest escape; a character of UTF-8 is no longer.
constexpr std::size_t longest_unit = 4;
constexpr std::string_view ellipsis = "…";

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// Where `text` may be cut so that at most `limit` bytes stay.
std::size_t cut_before(std::string_view text, std::size_t limit) {
    std::size_t end = std::min(limit, text.size());
    while (end > 0 && end < text.size() && is_continuation(text[end]))
        --end;
    // An escape begun less than four bytes before the cut goes as a whole.
    const std::size_t from = end > longest_unit ? end - longest_unit + 1 : 0;
    if (const std::size_t backslash = text.find('\\', from); backslash < end) end = backslash;
    // An escaped backslash is two: half of it would swallow what follows.
    while (end > 0 && end < text.size() && text[end - 1] == '\\')
        --end;
    return end;
}

}  // namespace

std::string printable(std::string_view text) {
    const std::string escaped = escape(text);
    std::string result;
    result.reserve(escaped.size());
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        result += escaped[i];
        // escape() writes a backslash of the input as two, and any other as `\xNN`.
        if (escaped[i] == '\\' && i + 1 < escaped.size() && escaped[i + 1] == '\\') ++i;
    }
    return result;
}

std::string printable_cut(std::string_view text, std::size_t limit) {
    // An output byte needs at least a quarter of an input byte and at most one: no more is looked at.
    std::string result = printable(text.substr(0, limit + longest_unit));
    if (result.size() <= limit && text.size() <= limit) return result;
    result.resize(cut_before(result, limit - std::min(limit, ellipsis.size())));
    return result.append(ellipsis);
}

}  // namespace integrityd
