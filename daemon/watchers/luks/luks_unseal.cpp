#include "watchers/luks/luks_unseal.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "catalogue_kinds.hpp"

namespace integrityd {

namespace {

bool is_sealed_to(const LuksTokenFacts& token, unsigned pcr) {
    return std::ranges::any_of(
        token.sealed, [pcr](const SealedKey& key) { return std::ranges::find(key.pcrs, pcr) != key.pcrs.end(); });
}

}  // namespace

bool is_sealed(const LuksFacts& facts) {
    for (const auto& [number, token] : facts.tokens)
        if (token.by_tpm()) return true;
    return false;
}

UnsealForecast forecast_of(const LuksTokenFacts& token, const LuksPcrs& pcrs) {
    if (!token.by_tpm()) return {Unsealing::unknown, "no TPM is asked"};
    if (!pcrs) return {Unsealing::unknown, "the TPM's PCRs are not known"};
    UnsealForecast next = will_unseal(token, pcrs->next);
    const bool certain = pcrs->problem.empty() || !is_sealed_to(token, secure_boot_pcr);
    if (next.answer == Unsealing::yes && !certain)
        return {Unsealing::unknown, "PCR 7 of the next boot is not known: " + pcrs->problem};
    const bool opens_now = !pcrs->changed.empty() && will_unseal(token, pcrs->now).answer != Unsealing::no;
    if (next.answer == Unsealing::no && opens_now)
        next.because =
            fmt::format("PCR 7 will be another, as was changed since this boot: {}", fmt::join(pcrs->changed, ", "));
    return next;
}

UnsealForecast forecast_of(const LuksFacts& facts, const LuksPcrs& pcrs) {
    std::optional<UnsealForecast> best;
    for (const auto& [number, token] : facts.tokens) {
        if (!token.by_tpm()) continue;
        const UnsealForecast each = forecast_of(token, pcrs);
        const bool better = !best || each.answer == Unsealing::yes || best->answer == Unsealing::no;
        if (better) best = each;
        if (best->answer == Unsealing::yes) break;
    }
    if (best) return *best;
    return {Unsealing::unknown, facts.metadata() == nullptr ? "the header is not known" : "no token asks a TPM"};
}

void judge_unsealing(const LuksFacts& facts, const LuksPcrs& pcrs, LuksFindings& findings) {
    const Kind& kind = kinds::luks_unseal_failing;
    if (facts.metadata() == nullptr) return findings.leave_open(kind, facts.volume.name);
    if (!is_sealed(facts)) return;
    if (!pcrs) return findings.leave_open(kind, facts.volume.name);
    const UnsealForecast forecast = forecast_of(facts, pcrs);
    // What was told stays until it is known again that the volume opens.
    if (forecast.answer == Unsealing::unknown && !pcrs->problem.empty())
        return findings.leave_open(kind, facts.volume.name);
    if (forecast.answer != Unsealing::no) return;
    findings.add(kind, facts.volume.name, "the TPM will not open the volume at the next boot: " + forecast.because,
                 {{"because", forecast.because}});
}

}  // namespace integrityd
