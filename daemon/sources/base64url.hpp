// RFC 4648 section 5 without padding, as JOSE writes it (RFC 7515 section 2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace integrityd {

// Strict; none for anything else.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace integrityd
