// TpmMemory: what is kept of the TPM over restarts, to see that it was cleared or that something else booted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/values.hpp"
#include "sources/tpm_reading.hpp"

namespace integrityd {

struct TpmMemory {
    std::uint32_t reset_count = 0;
    std::uint64_t clock = 0;  // ms
    std::uint64_t seals = 0;  // of the counter beside the baseline's digest; 0: none
    std::string boot_id;

    bool operator==(const TpmMemory&) const = default;
};

[[nodiscard]] TpmMemory memory_of(const TpmReading& reading, const std::string& boot_id);

// What happened since: tpm.cleared, tpm.boots.unseen. A clear hides the boots.
[[nodiscard]] std::vector<Observation> happened_since(const TpmMemory& then, const TpmMemory& now);

// Whether it is worth a write: the clock alone is, once an hour.
[[nodiscard]] bool is_news(const std::optional<TpmMemory>& then, const TpmMemory& now);

// "tpm RESETS CLOCK SEALS BOOT"
[[nodiscard]] std::string to_text(const TpmMemory& memory);
// Total: none for anything else.
[[nodiscard]] std::optional<TpmMemory> parse_tpm_memory(std::string_view line);

}  // namespace integrityd
