#include "watchers/luks/tpm_judge.hpp"

#include <cerrno>

#include "core/catalogue_kinds.hpp"
#include "core/digest.hpp"
#include "core/escape.hpp"
#include "sources/tpm_report.hpp"
#include "watchers/luks/tpm_baseline.hpp"

namespace integrityd {

namespace {

// PCR 0 to 7 are the firmware's (PC Client Platform Firmware Profile).
constexpr unsigned firmware_pcrs = 8;

Observation observe(const Kind& kind, std::string what, std::string summary) {
    return Observation{.kind = &kind, .subject = std::move(what), .summary = std::move(summary)};
}

Look look_for(std::vector<const Kind*> kinds) {
    Look look;
    look.scope = {.source = "luks", .kinds = std::move(kinds), .subjects = std::nullopt};
    look.complete = true;
    return look;
}

Look judge_health(const TpmReading& reading, bool accepted) {
    Look look = look_for({&kinds::tpm_missing, &kinds::tpm_failure, &kinds::tpm_unavailable});
    if (!reading.failure) return look;
    const std::string reason = escape(reading.failure->message);
    if (reading.failure->code == ENODEV) {
        if (accepted)
            look.seen.push_back(observe(kinds::tpm_missing, tpm_subject, "there is no TPM any more: " + reason));
    } else {
        const Kind& kind = reading.failure->code == EIO ? kinds::tpm_failure : kinds::tpm_unavailable;
        look.seen.push_back(observe(kind, tpm_subject, reason));
    }
    for (Observation& seen : look.seen)
        seen.evidence = {{"reason", reason}};
    return look;
}

void judge_lockout(const TpmFacts& facts, std::uint32_t threshold, Look& look) {
    if (!facts.in_lockout && facts.lockout_counter < threshold) return;
    const std::string count =
        std::to_string(facts.lockout_counter) + " of " + std::to_string(facts.lockout_limit) + " wrong authorisations";
    Observation seen = facts.in_lockout
                           ? observe(kinds::tpm_lockout_active, tpm_subject, "the TPM is in lockout after " + count)
                           : observe(kinds::tpm_lockout_rising, tpm_subject, "the TPM counted " + count);
    seen.evidence = {{"limit", facts.lockout_limit},
                     {"forgets_one_after_s", facts.lockout_interval},
                     {"recovery_s", facts.lockout_recovery}};
    // It rises by guessing and falls by time: neither takes an acknowledgement away.
    seen.context = {{"counter", facts.lockout_counter}};
    look.seen.push_back(std::move(seen));
}

void judge_bank(const PcrBank& bank, Look& look) {
    ValueList zero;
    for (const auto& [pcr, value] : bank.values) {
        if (pcr < firmware_pcrs && value.find_first_not_of('\0') == std::string::npos) zero.emplace_back(pcr);
    }
    if (zero.empty()) return;
    Observation seen = observe(kinds::tpm_bank_uninitialised, std::string(to_string(bank.algorithm)),
                               "the PCR bank " + std::string(to_string(bank.algorithm)) + " is active, and " +
                                   std::to_string(zero.size()) + " of its PCRs 0 to 7 were never extended");
    seen.evidence = {{"zero_pcrs", zero}};
    look.seen.push_back(std::move(seen));
}

std::string names_of(const ValueMap& differences) {
    std::string names;
    for (const auto& [name, values] : differences)
        names += (names.empty() ? "" : ", ") + name;
    return names;
}

void judge_policy(const ValueMap& accepted, const ValueMap& present, Look& look) {
    const ValueMap differences = tpm_flag_differences(accepted, present);
    if (differences.empty()) return;
    Observation seen = observe(kinds::tpm_policy_changed, tpm_subject,
                               "the TPM is set otherwise than accepted: " + names_of(differences));
    seen.evidence = {{"differences", differences}};
    look.seen.push_back(std::move(seen));
}

void judge_handles(const ValueMap& accepted, const ValueMap& present, Look& look) {
    for (const auto& [handle, values] : tpm_handle_differences(accepted, present)) {
        const ValueMap& pair = *values.get<ValueMap>();
        const bool is_new = pair.at("accepted").get<std::nullptr_t>() != nullptr;
        const bool is_gone = pair.at("present").get<std::nullptr_t>() != nullptr;
        const char* const how = is_new ? " is new" : is_gone ? " is gone" : " is another than accepted";
        Observation seen = observe(kinds::tpm_handle_changed, handle, "the persistent object " + handle + how);
        seen.evidence = pair;
        look.seen.push_back(std::move(seen));
    }
}

Look judge_state(const TpmReading& reading, const std::optional<ValueMap>& accepted, std::uint32_t threshold) {
    Look look = look_for({&kinds::tpm_lockout_rising, &kinds::tpm_lockout_active, &kinds::tpm_policy_changed,
                          &kinds::tpm_handle_changed, &kinds::tpm_bank_uninitialised});
    judge_lockout(reading.facts, effective_threshold(reading.facts, threshold), look);
    for (const PcrBank& bank : reading.banks)
        judge_bank(bank, look);
    if (!accepted) return look;
    const ValueMap present = tpm_content(reading);
    judge_policy(*accepted, present, look);
    judge_handles(*accepted, present, look);
    return look;
}

// What is wrong with the digest in the TPM; empty: nothing. Whoever makes the volume anew on which the store lies takes
// the baseline away and leaves the TPM as it is: so a digest there counts, whether the baseline here knows of it or
// not.
std::string fault_of_seal(const TpmReading& reading, bool awaited, const std::string& digest,
                          std::uint64_t seals_before) {
    const bool written = reading.digest && !reading.digest->data.empty();
    if (!awaited && !written) return {};
    if (digest.empty()) return "the TPM holds the digest of an accepted baseline, which this device no longer has";
    if (!reading.digest || !reading.counter) return "the TPM holds no digest of the baseline any more";
    if (!written) return "the TPM holds no digest of the baseline yet: `integrityctl tpm seal` writes it";
    if (to_hex(reading.digest->data) != digest)
        return "the baseline is not the one whose digest the TPM holds; `integrityctl tpm seal` writes the digest of "
               "one that was accepted on purpose";
    if (seal_count(reading).value_or(0) < seals_before)
        return "the counter beside the baseline's digest in the TPM went back";
    return {};
}

}  // namespace

std::vector<Look> judge_tpm(const TpmReading& reading, const std::optional<ValueMap>& accepted,
                            std::uint32_t lockout_threshold) {
    std::vector<Look> looks = {judge_health(reading, accepted.has_value())};
    if (!reading.failure) looks.push_back(judge_state(reading, accepted, lockout_threshold));
    return looks;
}

Look judge_seal(const TpmReading& reading, const std::optional<ValueMap>& accepted, const std::string& digest,
                std::uint64_t seals_before) {
    Look look;
    look.scope = {.source = "self", .kinds = {&kinds::self_baseline_tampered}, .subjects = {{seal_subject}}};
    look.complete = true;
    const bool awaited = accepted && was_provisioned(*accepted);
    const std::string fault = fault_of_seal(reading, awaited, digest, seals_before);
    if (fault.empty()) return look;
    Observation seen = observe(kinds::self_baseline_tampered, seal_subject, fault);
    seen.evidence = {{"baseline_digest", digest}};
    if (reading.digest) seen.evidence["digest_in_tpm"] = to_hex(reading.digest->data);
    look.seen.push_back(std::move(seen));
    return look;
}

std::string seal_state(const TpmReading* reading, const std::optional<ValueMap>& accepted, const std::string& digest) {
    if (reading == nullptr || reading->failure) return "unknown";
    if (!reading->digest) return accepted && was_provisioned(*accepted) ? "differs" : "none";
    if (reading->digest->data.empty()) return "unsealed";
    return to_hex(reading->digest->data) == digest ? "held" : "differs";
}

}  // namespace integrityd
