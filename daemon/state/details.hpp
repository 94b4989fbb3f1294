// Details of a violation, within their limit (contract section 3).
#pragma once

#include <cstddef>

#include "core/value.hpp"

namespace integrityd {

// 64 KiB of canonical JSON, of which 8 KiB are kept free for the acknowledgement.
constexpr std::size_t max_evidence_size = 56U << 10;

// `details` in at most `limit` bytes of canonical JSON. The largest member is halved (a text by
// bytes, a list by elements, a map goes as a whole) until all fits; `cut` then says how many bytes
// of canonical JSON were left out.
[[nodiscard]] ValueMap limit_details(ValueMap details, std::size_t limit = max_evidence_size);

}  // namespace integrityd
