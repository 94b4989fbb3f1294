#include "sources/event_log_replay.hpp"

#include <algorithm>

#include "sources/event_types.hpp"

namespace integrityd {

namespace {

constexpr std::string_view locality_signature("StartupLocality\0", 16);
constexpr std::uint8_t hcrtm_locality = 4;
constexpr std::uint32_t first_dynamic_pcr = 17;
constexpr std::uint32_t last_dynamic_pcr = 22;

// systemd-pcrphase 252 to 255, without a NUL, in the order of a machine's life.
constexpr std::array<std::string_view, 6> phases = {"enter-initrd", "leave-initrd", "sysinit",
                                                    "ready",        "shutdown",     "final"};

// StartupLocality (profile 1.06, section 10.4.5.3): TPM2_Startup was sent from 0, 3 or 4.
void find_locality(const EventLog& log, Replay& replay) {
    bool found = false;
    for (const LogEvent& event : log.events) {
        if (event.type == event_type::hcrtm_event && event.pcr == 0) replay.hcrtm = true;
        const bool locality = event.type == event_type::no_action && event.data.starts_with(locality_signature) &&
                              event.data.size() == locality_signature.size() + 1;
        if (!locality) continue;
        if (found) replay.problem = "the log gives two startup localities";
        found = true;
        replay.startup_locality = static_cast<std::uint8_t>(event.data.back());
        const bool possible =
            replay.startup_locality == 0 || replay.startup_locality == 3 || replay.startup_locality == 4;
        if (!possible) replay.problem = "the log gives a startup locality that there is not";
    }
}

ReplayedBank replay_bank(const EventLog& log, TcgHash& hash, std::uint8_t first_of_pcr0) {
    ReplayedBank bank{hash.algorithm(), {}, std::nullopt};
    for (std::size_t i = 0; i < log.events.size(); ++i) {
        const LogEvent& event = log.events[i];
        if (event.type == event_type::no_action || event.pcr >= most_pcrs) continue;
        const std::string_view digest = log.digest(event, bank.algorithm);
        if (digest.empty()) {
            bank.lacks = i;
            return bank;
        }
        auto& pcr = bank.pcrs.at(event.pcr);
        if (!pcr) {
            pcr = initial_pcr(bank.algorithm, event.pcr);
            if (event.pcr == 0) pcr->bytes.at(pcr->size - 1U) = static_cast<char>(first_of_pcr0);
        }
        hash.extend(*pcr, digest);
    }
    return bank;
}

}  // namespace

TcgDigest initial_pcr(HashAlgorithm algorithm, std::uint32_t pcr) {
    const bool dynamic = pcr >= first_dynamic_pcr && pcr <= last_dynamic_pcr;
    return TcgDigest::filled(digest_size(algorithm), dynamic ? '\xff' : '\0');
}

TcgDigest ReplayedBank::value(std::uint32_t pcr) const {
    return pcrs.at(pcr).value_or(initial_pcr(algorithm, pcr));
}

const ReplayedBank* Replay::bank(HashAlgorithm algorithm) const {
    const auto found = std::ranges::find(banks, algorithm, &ReplayedBank::algorithm);
    return found == banks.end() ? nullptr : &*found;
}

Replay replay_event_log(const EventLog& log) {
    Replay replay;
    find_locality(log, replay);
    const std::uint8_t first = replay.hcrtm ? hcrtm_locality : replay.startup_locality;
    for (const HashAlgorithm algorithm : log.algorithms) {
        if (auto hash = TcgHash::make(algorithm)) replay.banks.push_back(replay_bank(log, *hash, first));
    }
    return replay;
}

TcgDigest with_exit_boot_services(const ReplayedBank& bank) {
    TcgDigest pcr = bank.value(5);
    auto hash = TcgHash::make(bank.algorithm);
    if (!hash) return pcr;
    for (const std::string_view text : {"Exit Boot Services Invocation", "Exit Boot Services Returned with Success"})
        hash->extend(pcr, hash->digest({text}).view());
    return pcr;
}

bool explained_by_phases(HashAlgorithm algorithm, const TcgDigest& before, const TcgDigest& now) {
    auto hash = TcgHash::make(algorithm);
    if (!hash) return false;
    for (unsigned chosen = 1; chosen < (1U << phases.size()); ++chosen) {
        TcgDigest pcr = before;
        for (std::size_t i = 0; i < phases.size(); ++i) {
            if ((chosen & (1U << i)) != 0) hash->extend(pcr, hash->digest({phases.at(i)}).view());
        }
        if (pcr == now) return true;
    }
    return false;
}

}  // namespace integrityd
