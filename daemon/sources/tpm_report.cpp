#include "sources/tpm_report.hpp"

#include <array>
#include <cerrno>
#include <cstdio>

#include "core/canonical_json.hpp"
#include "core/config.hpp"
#include "core/digest.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

std::string handle_text(std::uint32_t handle) {
    std::array<char, 16> text{};
    (void)std::snprintf(text.data(), text.size(), "0x%08x", handle);
    return text.data();
}

const char* state_of(const Error& failure) {
    if (failure.code == ENODEV) return "missing";
    return failure.code == EIO ? "failed" : "unavailable";
}

bool is_uninitialised(const PcrBank& bank) {
    for (const auto& [pcr, value] : bank.values) {
        if (pcr < 8 && value.find_first_not_of('\0') == std::string::npos) return true;
    }
    return false;
}

// What the TPM's settings leave open, a sentence each.
ValueList weaker(const TpmReading& reading) {
    ValueList sentences;
    const TpmFacts& facts = reading.facts;
    if (!reading.digest)
        sentences.emplace_back(
            "the TPM does not hold the baseline's digest (`integrityctl tpm provision`): who replaces the whole state "
            "of "
            "integrityd replaces the baseline too");
    if (!facts.owner_auth_set)
        sentences.emplace_back(
            "the owner authorisation is empty: root can write the TPM's memory, the baseline's digest included");
    if (!facts.lockout_auth_set && !facts.disable_clear)
        sentences.emplace_back(
            "the lockout authorisation is empty and clearing is not disabled: root can clear the TPM");
    return sentences;
}

void add_facts(const TpmFacts& facts, ValueMap& report) {
    const ValueMap members = {{"in_lockout", facts.in_lockout},
                              {"lockout_counter", facts.lockout_counter},
                              {"lockout_limit", facts.lockout_limit},
                              {"lockout_interval_s", facts.lockout_interval},
                              {"lockout_recovery_s", facts.lockout_recovery},
                              {"clock_ms", facts.clock},
                              {"reset_count", facts.reset_count},
                              {"restart_count", facts.restart_count},
                              {"safe", facts.safe}};
    merge(report, members);
}

}  // namespace

ValueMap tpm_content(const TpmReading& reading) {
    const TpmFacts& facts = reading.facts;
    ValueMap handles;
    for (const TpmName& object : facts.persistent)
        handles[handle_text(object.handle)] = to_hex(object.name);
    return {{"manufacturer", escape(facts.manufacturer)},
            {"owner_auth_set", facts.owner_auth_set},
            {"endorsement_auth_set", facts.endorsement_auth_set},
            {"lockout_auth_set", facts.lockout_auth_set},
            {"disable_clear", facts.disable_clear},
            {"handles", handles},
            {"provisioned", reading.digest.has_value()}};
}

ValueMap tpm_report(const TpmReading& reading, std::uint32_t lockout_threshold) {
    if (reading.failure) return {{"state", state_of(*reading.failure)}, {"reason", escape(reading.failure->message)}};
    ValueMap report = tpm_content(reading);
    report["state"] = "there";
    add_facts(reading.facts, report);
    report["lockout_threshold"] = effective_threshold(reading.facts, lockout_threshold);
    ValueList banks;
    for (const PcrBank& bank : reading.banks)
        banks.emplace_back(ValueMap{{"bank", to_string(bank.algorithm)}, {"uninitialised", is_uninitialised(bank)}});
    report["banks"] = banks;
    if (reading.digest) report["digest"] = to_hex(reading.digest->data);
    if (const auto seals = seal_count(reading)) report["seals"] = *seals;
    report["weaker"] = weaker(reading);
    return report;
}

std::string tpm_report_json(const TpmReading& reading) {
    return canonical_json(tpm_report(reading, TpmConfig().lockout_threshold));
}

}  // namespace integrityd
