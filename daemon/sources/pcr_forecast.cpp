#include "sources/pcr_forecast.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "core/read_file.hpp"
#include "sources/boot_story.hpp"
#include "sources/efi_variable.hpp"
#include "sources/event_log_replay.hpp"
#include "sources/event_types.hpp"

namespace integrityd {

namespace {

// SecureBoot is measured too, but says how this boot was, and nothing of the next.
constexpr std::array<std::string_view, 4> key_variables = {"PK", "KEK", "db", "dbx"};
constexpr std::size_t size_offset = 24;  // of VariableDataLength in UEFI_VARIABLE_DATA

// What an event of the next boot will carry instead.
struct Renewed {
    std::string name;
    std::string data;  // UEFI_VARIABLE_DATA
};

// A database is its set of keys: which of them are there is what an update changes.
bool is_same(const EfiVariable& measured, const std::string& now) {
    return measured.data == now || read_keys(measured.name, measured.data).keys == read_keys(measured.name, now).keys;
}

// None: the event is not of one of these variables.
std::optional<EfiVariable> key_variable(const LogEvent& event) {
    if (event.pcr != secure_boot_pcr || event.type != event_type::variable_driver_config) return std::nullopt;
    auto measured = parse_efi_variable(event.data);
    const bool known = measured && std::ranges::find(key_variables, measured->name) != key_variables.end();
    return known ? std::move(measured) : std::nullopt;
}

// None: it is not of one of these variables, or what it holds was measured, or is not known now.
std::optional<Renewed> renewed(const LogEvent& event, const EfiVariables& variables) {
    const auto measured = key_variable(event);
    if (!measured || !variables.knows(measured->name)) return std::nullopt;
    const auto found = variables.values.find(measured->name);
    const std::string now = found == variables.values.end() ? std::string() : found->second;
    if (is_same(*measured, now)) return std::nullopt;
    std::string data(event.data.substr(0, event.data.size() - measured->data.size()));
    for (std::size_t i = 0; i < sizeof(std::uint64_t); ++i)
        data[size_offset + i] = static_cast<char>(std::uint64_t{now.size()} >> (8 * i) & 0xffU);
    return Renewed{measured->name, data + now};
}

// PCR 7 of the next boot; none: the log does not lead to what it is now.
std::optional<TcgDigest> replayed(const PcrBank& bank, const EventLog& log,
                                  const std::map<std::size_t, Renewed>& changes) {
    const auto algorithm = static_cast<HashAlgorithm>(bank.algorithm);
    auto hash = TcgHash::make(algorithm);
    const auto value = bank.values.find(secure_boot_pcr);
    if (!hash || value == bank.values.end()) return std::nullopt;
    TcgDigest now = initial_pcr(algorithm, secure_boot_pcr);
    TcgDigest next = now;
    for (std::size_t i = 0; i < log.events.size(); ++i) {
        const LogEvent& event = log.events[i];
        if (event.pcr != secure_boot_pcr || event.type == event_type::no_action) continue;
        const std::string_view digest = log.digest(event, algorithm);
        if (digest.empty()) return std::nullopt;
        hash->extend(now, digest);
        const auto change = changes.find(i);
        const bool changes_it = change != changes.end() && hash->digest({event.data}).view() == digest;
        hash->extend(next, changes_it ? hash->digest({change->second.data}).view() : digest);
    }
    if (now.view() != value->second) return std::nullopt;
    return next;
}

std::string unread_variable(const EventLog& log, const EfiVariables& variables) {
    for (const LogEvent& event : log.events) {
        const auto measured = key_variable(event);
        if (measured && !variables.knows(measured->name)) return measured->name + " cannot be read";
    }
    return "";
}

}  // namespace

PcrForecast forecast_pcrs(std::vector<PcrBank> now, const EventLog& log, const EfiVariables& variables) {
    PcrForecast out;
    out.next = now;
    out.now = std::move(now);
    std::map<std::size_t, Renewed> changes;
    for (std::size_t i = 0; i < log.events.size(); ++i)
        if (auto change = renewed(log.events[i], variables)) changes.emplace(i, std::move(*change));
    bool other = false;
    for (PcrBank& bank : out.next) {
        const auto next = replayed(bank, log, changes);
        if (!next) continue;
        out.problem = unread_variable(log, variables);
        std::string& value = bank.values.at(secure_boot_pcr);
        other = other || next->view() != value;
        value = next->view();
    }
    if (!other) return out;
    for (const auto& [event, change] : changes)
        out.changed.push_back(change.name);
    return out;
}

Result<PcrForecast> read_pcr_forecast(Tpm& tpm, Opener& opener, const std::string& efivars) {
    auto banks = tpm.read_pcrs();
    if (!banks) return banks.error();
    auto file = opener.open(Resource::boot_event_log);
    const auto bytes = file ? read_whole(*file, largest_event_log) : Result<std::string>(file.error());
    auto forecast =
        forecast_pcrs(std::move(*banks), bytes ? parse_event_log(*bytes) : EventLog(), read_efi_variables(efivars));
    if (!bytes && bytes.error().code != ENOENT) forecast.problem = "the firmware's event log: " + bytes.error().message;
    return forecast;
}

}  // namespace integrityd
