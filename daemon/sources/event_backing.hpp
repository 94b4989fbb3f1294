// Whether an event's data are what was measured.
//
// The TPM vouches for digests, not for data: who edits the log can put other words beside a true digest. So data is
// used only where its digest can be computed again; else an event is a digest and nothing more.
#pragma once

#include <cstdint>
#include <string_view>

#include "sources/event_log.hpp"

namespace integrityd {

// data: the digest is that of the data. opaque: it is of something that is not in the log (an image, a table), or of a
// part that the type leaves open. differs: by its type it must be that of the data, and is not.
enum class Backing : std::uint8_t { data, opaque, differs };

[[nodiscard]] std::string_view to_string(Backing backing);  // "data" …

// `digest` is the event's in the bank of `hash`.
[[nodiscard]] Backing backing_of(const LogEvent& event, std::string_view digest, TcgHash& hash);

}  // namespace integrityd
