// What the daemon's side (integrityd-aide-check) and AIDE's side (integrityd-aide-run) say to each other, over one
// connection of a unix stream socket.
//
//   client:  one line, one of six words, and keeps the connection open; closing it ends the run.
//     check    AIDE's report against its database
//     init     makes a new database beside the old one
//     compare  AIDE's report of the new one against the old one: what accepting it would change
//     verify   AIDE's report against that new one
//     move     puts the new one in the old one's place
//     paths SIZE   AIDE's report of some paths against a database that follows: SIZE bytes, the expression for AIDE's
//              --limit, a NUL, and the database
//   server:  frames until the last one, which is `ended` or `refused`; then it closes.
//
//   frame:   type (1 byte), size of the payload (4 bytes, the highest first), payload
//     'o' output   bytes of AIDE's standard output
//     'e' errors   bytes of AIDE's standard error
//     'x' ended    2 bytes: 0 and the exit status, or 1 and the signal
//     'r' refused  why there is no (complete) run: a line for a person
//
// The client chooses a word and nothing else: no option and no environment crosses the line, and no path but those that
// a check is limited to. What it may give AIDE to compare with is its own affair: it is told the report alone. The
// server believes nothing but that word, the client nothing but the frames' form; what AIDE wrote is for the watcher to
// judge.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace integrityd {

constexpr const char* aide_socket_path = "/run/integrityd-aide/socket";

enum class AideVerb : std::uint8_t { check, init, compare, verify, move, paths };
constexpr std::array<std::string_view, 6> aide_verb_words = {"check", "init", "compare", "verify", "move", "paths"};

[[nodiscard]] std::optional<AideVerb> aide_verb(std::string_view word);

struct AideRequest {
    AideVerb verb = AideVerb::check;
    std::size_t payload_size = 0;  // of `paths`, which needs one
};
// The line without its newline; none for any other.
[[nodiscard]] std::optional<AideRequest> parse_aide_request(std::string_view line);
[[nodiscard]] std::string aide_request(AideVerb verb, std::string_view payload = {});
// The longest: "paths 1310720".
constexpr std::size_t aide_request_limit = 16;
// A part of a database (1 MiB, sources/aide_subset.hpp) and an argument of AIDE (128 KiB in the kernel).
constexpr std::size_t aide_payload_limit = 1280U << 10;
constexpr std::size_t aide_expression_limit = 120U << 10;

enum class AideFrame : std::uint8_t { output = 'o', errors = 'e', ended = 'x', refused = 'r' };

constexpr std::size_t aide_frame_header_size = 5;
// One write of the server; a peer that says more is no such server.
constexpr std::size_t aide_frame_limit = 64U << 10;
// A reason is a line.
constexpr std::size_t aide_reason_limit = 1024;

[[nodiscard]] std::array<char, aide_frame_header_size> aide_frame_header(AideFrame type, std::size_t size);

// How the run came to its end, from the last frame.
struct AideEnding {
    std::optional<int> exit_status;
    std::optional<int> signal;
    std::string refused;  // raw bytes; escape before a person sees them
};

// Takes the server's bytes as they come; keeps at most one header and one reason.
class AideFrameReader {
public:
    // Called with pieces of output and errors.
    using Sink = std::function<void(AideFrame type, std::string_view piece)>;

    // An error: these are no frames, or more comes after the last one. Nothing is taken after an error.
    [[nodiscard]] Result<void> take(std::string_view bytes, const Sink& sink);
    // Set after the last frame.
    [[nodiscard]] const std::optional<AideEnding>& ending() const { return ending_; }

private:
    [[nodiscard]] Result<void> begin_frame();
    [[nodiscard]] Result<void> end_frame();

    std::string header_;
    AideFrame type_ = AideFrame::output;
    std::size_t left_ = 0;  // of the payload
    std::string last_;      // the payload of the last frame
    std::optional<AideEnding> ending_;
};

}  // namespace integrityd
