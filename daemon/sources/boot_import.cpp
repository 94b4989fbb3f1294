#include "sources/boot_import.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

#include "core/canonical_json.hpp"
#include "core/escape.hpp"
#include "core/members.hpp"
#include "sources/boot_report.hpp"
#include "sources/boot_story.hpp"

namespace integrityd {

namespace {

// systemd-pcrlock writes the banks of the machine; a baseline has one.
constexpr std::array<std::string_view, 4> preferred_banks = {"sha256", "sha384", "sha512", "sha1"};

// Words of file names that say it is what leads to the kernel.
constexpr std::array<std::string_view, 5> loader_words = {"loader", "efibootguard", "shim", "grub", "sd-boot"};

// The digest of this bank in a record's list; empty: it has none.
std::string digest_of(const ValueMap& record, std::string_view bank) {
    const ValueList* const digests = list_at(record, "digests");
    if (digests == nullptr) return {};
    for (const Value& value : *digests) {
        const auto* const digest = value.get<ValueMap>();
        if (digest != nullptr && text_at(*digest, "hashAlg") == bank) return text_at(*digest, "digest");
    }
    return {};
}

std::string component_of(std::uint32_t pcr, const std::string& name) {
    if (pcr == 7) return "authorities";
    if (pcr != 4) return component_of_pcr(pcr);
    const bool loader =
        std::ranges::any_of(loader_words, [&](std::string_view word) { return name.find(word) != std::string::npos; });
    return loader ? "loader" : "kernel image";
}

std::string document(std::string_view bank, const std::map<std::uint32_t, ValueList>& runs, const std::string& name) {
    ValueList components;
    for (const auto& [pcr, events] : runs) {
        ValueMap run{{"events", events}, {"source", name}};
        components.emplace_back(
            ValueMap{{"name", component_of(pcr, name)}, {"pcr", pcr}, {"accepted", ValueList{Value(std::move(run))}}});
    }
    return canonical_json(Value(ValueMap{{"bank", bank}, {"components", std::move(components)}}));
}

// {"records": [{"pcr": 4, "digests": [{"hashAlg": "sha256", "digest": hex}…]}…]}: the records of a PCR are one run.
Result<std::string> read_pcrlock(const ValueList& records, const std::string& name) {
    for (const std::string_view bank : preferred_banks) {
        std::map<std::uint32_t, ValueList> runs;
        bool whole = true;
        for (const Value& value : records) {
            const auto* const record = value.get<ValueMap>();
            if (record == nullptr || !record->contains("pcr")) return Error{"a record in it has no PCR", EINVAL};
            const auto number = static_cast<std::uint32_t>(record->at("pcr").number(most_pcrs));
            if (!is_judged_pcr(number)) continue;
            const std::string digest = digest_of(*record, bank);
            whole = whole && !digest.empty();
            runs[number].emplace_back(ValueMap{{"digest", digest}});
        }
        if (runs.empty()) return Error{"its records are of PCRs that a baseline does not decide about", EINVAL};
        if (whole) return document(bank, runs, name);
    }
    return Error{"its records have no bank in common", EINVAL};
}

}  // namespace

Result<std::string> boot_import_document(std::string_view bytes, const std::string& name) {
    if (bytes.size() > largest_import) return Error{"it is larger than 8 MiB", EINVAL};
    const std::string source = escape_cut(name, 128);
    if (const std::string components = boot_log_components_json(bytes, source); !components.empty()) return components;
    const auto value = read_json(bytes);
    const auto* const map = value ? value->get<ValueMap>() : nullptr;
    if (map == nullptr) return Error{"it is neither an event log nor a JSON object", EINVAL};
    if (const ValueList* const records = list_at(*map, "records")) return read_pcrlock(*records, source);
    return std::string(bytes);
}

std::string boot_image_document(HashAlgorithm bank, const std::string& digest,
                                const std::vector<std::string>& inside_it, const std::string& component,
                                const std::string& source) {
    const auto part = [&](const std::string& name, std::uint32_t pcr, const std::vector<std::string>& measured) {
        ValueList events;
        for (const std::string& each : measured)
            events.emplace_back(ValueMap{{"digest", each}});
        ValueMap run{{"events", std::move(events)}, {"source", escape_cut(source, 128)}};
        return ValueMap{{"name", name}, {"pcr", pcr}, {"accepted", ValueList{Value(std::move(run))}}};
    };
    ValueList components{Value(part(component, 4, {digest}))};
    if (!inside_it.empty()) {
        ValueMap inside = part(std::string(initrd_component), 9, inside_it);
        inside["optional"] = true;
        components.emplace_back(std::move(inside));
    }
    return canonical_json(Value(ValueMap{{"bank", hash_name(bank)}, {"components", std::move(components)}}));
}

}  // namespace integrityd
