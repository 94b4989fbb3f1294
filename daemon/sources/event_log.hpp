// The firmware's event log (TCG PC Client Platform Firmware Profile, section 10): the old form with SHA-1 digests and
// the crypto-agile one.
//
// Total: whatever the bytes are, there is a log, with what could be read and how it ends. Events point into the bytes,
// which must outlive it. Only a PCR's index and the digest are vouched for by the TPM; type and data are what somebody
// wrote there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sources/tcg_hash.hpp"

namespace integrityd {

// Firmware reserves 64 KiB to 1 MiB (a confidential guest's log is padded to that).
inline constexpr std::size_t largest_event_log = 1U << 20;
inline constexpr std::uint32_t most_pcrs = 24;
// What events without a PCR carry (EV_NO_ACTION only).
inline constexpr std::uint32_t no_pcr = 0xffffffff;

struct EventDigest {
    HashAlgorithm algorithm = 0;
    std::string_view value;
};

struct LogEvent {
    std::size_t offset = 0;  // where it begins
    std::uint32_t pcr = 0;   // below most_pcrs, or no_pcr
    std::uint32_t type = 0;
    std::size_t first_digest = 0;  // in EventLog::digests
    std::size_t digest_count = 0;
    std::string_view data;
};

enum class LogForm : std::uint8_t { none, sha1, crypto_agile };
// padding: only 0x00 or 0xff follows, which is how firmware fills the rest. truncated: an event reaches past the end.
enum class LogEnd : std::uint8_t { complete, padding, truncated, corrupt };

struct EventLog {
    LogForm form = LogForm::none;
    LogEnd end = LogEnd::complete;
    std::size_t end_offset = 0;  // behind the last event that was read
    std::string problem;         // one line, where it is truncated or corrupt
    std::vector<HashAlgorithm> algorithms;
    std::vector<LogEvent> events;
    std::vector<EventDigest> digests;

    // Everything was understood, and there is something.
    [[nodiscard]] bool whole() const { return problem.empty() && !events.empty(); }
    // The event's digest of this bank; empty where it has none.
    [[nodiscard]] std::string_view digest(const LogEvent& event, HashAlgorithm algorithm) const;
};

[[nodiscard]] EventLog parse_event_log(std::string_view bytes);

}  // namespace integrityd
