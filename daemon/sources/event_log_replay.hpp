// What the PCRs must be if the event log tells the truth.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sources/event_log.hpp"
#include "sources/tcg_hash.hpp"

namespace integrityd {

struct ReplayedBank {
    HashAlgorithm algorithm = 0;
    // None: no event of the log extends it.
    std::array<std::optional<TcgDigest>, most_pcrs> pcrs;
    // An event without a digest of this bank: its number. The bank cannot be replayed then.
    std::optional<std::size_t> lacks;

    // What it is after the log, touched or not.
    [[nodiscard]] TcgDigest value(std::uint32_t pcr) const;
};

struct Replay {
    std::vector<ReplayedBank> banks;  // in the log's order; only of algorithms that can be computed here
    std::uint8_t startup_locality = 0;
    bool hcrtm = false;
    std::string problem;  // two localities, or one that there is not

    [[nodiscard]] const ReplayedBank* bank(HashAlgorithm algorithm) const;
};

[[nodiscard]] Replay replay_event_log(const EventLog& log);

// A PCR before anything was measured: those of the dynamic launch (17 to 22) are all ones.
[[nodiscard]] TcgDigest initial_pcr(HashAlgorithm algorithm, std::uint32_t pcr);

// Firmware that ends its log before the two actions of ExitBootServices, which the TPM has in PCR 5 (seen with kernels
// that asked for the log too early): what PCR 5 is with them.
[[nodiscard]] TcgDigest with_exit_boot_services(const ReplayedBank& bank);

// Whether systemd-pcrphase can have made `now` of `before`: some of its words, in their order.
[[nodiscard]] bool explained_by_phases(HashAlgorithm algorithm, const TcgDigest& before, const TcgDigest& now);

}  // namespace integrityd
