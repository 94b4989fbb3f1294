#include "watchers/luks/tpm_memory.hpp"

#include <charconv>

#include "core/catalogue_kinds.hpp"

namespace integrityd {

namespace {

constexpr const char* subject = "tpm";
constexpr std::uint64_t clock_news_ms = 3'600'000;
// A TPM saves its clock every 2^22 ms at least (TPM 2.0 Library, Part 1, "Clock").
constexpr std::uint64_t longest_unsaved_ms = std::uint64_t{1} << 22U;
constexpr std::size_t longest_boot_id = 64;

template <typename Number>
bool take_number(std::string_view& text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with(' ')) return false;
    text.remove_prefix(1);
    return true;
}

Observation cleared(const TpmMemory& then, const TpmMemory& now) {
    Observation seen{.kind = &kinds::tpm_cleared, .subject = subject};
    seen.summary = "the TPM was cleared, or is another one: its reset count went from " +
                   std::to_string(then.reset_count) + " to " + std::to_string(now.reset_count);
    seen.evidence = {{"reset_count_before", then.reset_count}, {"reset_count", now.reset_count}};
    seen.context = {{"clock_before", then.clock}, {"clock", now.clock}};
    return seen;
}

Observation unseen_boots(const TpmMemory& then, const TpmMemory& now, std::uint32_t boots) {
    Observation seen{.kind = &kinds::tpm_boots_unseen, .subject = subject};
    seen.summary = "the TPM was reset " + std::to_string(boots) + (boots == 1 ? " time" : " times") +
                   " more than this device booted under integrityd";
    seen.evidence = {{"unseen", boots}, {"reset_count_before", then.reset_count}, {"reset_count", now.reset_count}};
    seen.context = {{"boot_id_before", then.boot_id}, {"boot_id", now.boot_id}};
    return seen;
}

}  // namespace

TpmMemory memory_of(const TpmReading& reading, const std::string& boot_id) {
    return {.reset_count = reading.facts.reset_count,
            .clock = reading.facts.clock,
            .seals = seal_count(reading).value_or(0),
            .boot_id = boot_id};
}

std::vector<Observation> happened_since(const TpmMemory& then, const TpmMemory& now) {
    // Between two resets only a clear takes the clock back. A loss of power may, too, by what was not saved yet; that
    // the TPM calls its clock safe says nothing, because it does so again soon after.
    const bool was_reset = now.reset_count != then.reset_count;
    const bool clock_back = now.clock + (was_reset ? longest_unsaved_ms : 0) < then.clock;
    if (now.reset_count < then.reset_count || clock_back) return {cleared(then, now)};
    // A restart of the kernel alone (kexec) is a boot without a reset.
    const std::uint32_t known = now.boot_id == then.boot_id ? 0 : 1;
    const std::uint32_t resets = now.reset_count - then.reset_count;
    if (resets <= known) return {};
    return {unseen_boots(then, now, resets - known)};
}

bool is_news(const std::optional<TpmMemory>& then, const TpmMemory& now) {
    if (!then) return true;
    const bool same = then->reset_count == now.reset_count && then->seals == now.seals && then->boot_id == now.boot_id;
    return !same || now.clock < then->clock || now.clock - then->clock >= clock_news_ms;
}

std::string to_text(const TpmMemory& memory) {
    return "tpm " + std::to_string(memory.reset_count) + " " + std::to_string(memory.clock) + " " +
           std::to_string(memory.seals) + " " + memory.boot_id;
}

std::optional<TpmMemory> parse_tpm_memory(std::string_view line) {
    constexpr std::string_view word = "tpm ";
    if (!line.starts_with(word)) return std::nullopt;
    line.remove_prefix(word.size());
    TpmMemory memory;
    if (!take_number(line, memory.reset_count) || !take_number(line, memory.clock) || !take_number(line, memory.seals))
        return std::nullopt;
    if (line.size() > longest_boot_id || line.find('\n') != std::string_view::npos) return std::nullopt;
    memory.boot_id = std::string(line);
    return memory;
}

}  // namespace integrityd
