#include "sources/tpm_reading.hpp"

#include <algorithm>
#include <cerrno>

#include "core/tpm_index.hpp"

namespace integrityd {

namespace {

TpmReading failed(Error error) {
    return TpmReading{.failure = std::move(error), .facts = {}, .banks = {}, .digest = {}, .counter = {}};
}

// An index that is not defined is none; what else is wrong is a failure.
std::optional<Error> take_index(Tpm& tpm, std::uint32_t handle, std::optional<TpmNvIndex>& into) {
    auto read = tpm.read_nv(handle);
    if (read) {
        into = std::move(*read);
        return std::nullopt;
    }
    return read.error().code == ENOENT ? std::nullopt : std::optional(read.error());
}

}  // namespace

bool is_busy(const std::optional<Error>& failure) {
    return failure && (failure->code == EBUSY || failure->code == ETIMEDOUT);
}

TpmReading read_tpm(Tpm& tpm) {
    TpmReading reading;
    auto facts = tpm.read_facts();
    if (!facts) return failed(facts.error());
    reading.facts = std::move(*facts);
    auto banks = tpm.read_pcrs();
    if (!banks) return failed(banks.error());
    reading.banks = std::move(*banks);
    if (auto error = take_index(tpm, tpm_digest_index, reading.digest)) return failed(*error);
    if (auto error = take_index(tpm, tpm_counter_index, reading.counter)) return failed(*error);
    return reading;
}

std::uint32_t effective_threshold(const TpmFacts& facts, std::uint32_t configured) {
    const std::uint32_t below_limit = facts.lockout_limit > 1 ? facts.lockout_limit - 1 : 1;
    return std::clamp<std::uint32_t>(configured, 1, below_limit);
}

std::optional<std::uint64_t> seal_count(const TpmReading& reading) {
    constexpr std::size_t size = 8;  // TPM 2.0 Library, Part 1: a counter is 64 bits, big-endian
    if (!reading.counter || reading.counter->data.size() != size) return std::nullopt;
    std::uint64_t count = 0;
    for (const char octet : reading.counter->data)
        count = count << 8U | static_cast<std::uint8_t>(octet);
    return count;
}

}  // namespace integrityd
