#include "sources/base64url.hpp"

#include "core/digest.hpp"

namespace integrityd {

std::optional<std::string> from_base64url(std::string_view text) {
    std::string other(text);
    for (char& digit : other) {
        if (digit == '+' || digit == '/' || digit == '=') return std::nullopt;
        if (digit == '-') digit = '+';
        if (digit == '_') digit = '/';
    }
    other.append((4 - other.size() % 4) % 4, '=');
    return from_base64(other);
}

}  // namespace integrityd
