// The verdict: one word for the whole device, a function of what is known (contract section 2).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/severity.hpp"
#include "state/ledger.hpp"

namespace integrityd {

enum class Verdict : std::uint8_t { intact, degraded, unknown, violated };
enum class WatcherState : std::uint8_t { disabled, absent, starting, blind, violated, intact };

[[nodiscard]] std::string_view to_string(Verdict verdict);
[[nodiscard]] std::string_view to_string(WatcherState state);

struct Judgement {
    Verdict verdict = Verdict::unknown;
    std::uint64_t because = 0;  // id of the violation that decides; 0: none does
    std::string reason;         // one line for a person
};

// `watchers`: the watchers' states by name, without `self`.
[[nodiscard]] Judgement judge(const std::map<std::uint64_t, LedgerEntry>& entries,
                              const std::map<std::string, WatcherState>& watchers, Severity violated_at);

}  // namespace integrityd
