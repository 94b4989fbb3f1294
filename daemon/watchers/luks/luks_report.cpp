#include "watchers/luks/luks_report.hpp"

#include <algorithm>

#include "core/digest.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

ValueList numbers(const std::vector<unsigned>& all) {
    ValueList list;
    for (const unsigned each : all)
        list.emplace_back(each);
    return list;
}

std::string shown(const std::string& text) {
    return escape_cut(text, 200);
}

ValueMap told(const UnsealForecast& forecast) {
    return {{"answer", to_string(forecast.answer)}, {"because", forecast.because}};
}

ValueMap told(const LuksFacts& facts, const LuksKeyslot& slot) {
    ValueMap kdf{{"type", shown(slot.kdf.type)}};
    if (slot.kdf.iterations != 0) kdf["iterations"] = slot.kdf.iterations;
    if (slot.kdf.memory != 0) kdf["memory_kib"] = slot.kdf.memory;
    if (slot.kdf.time != 0) kdf["passes"] = slot.kdf.time;
    return {{"number", slot.number},
            {"means", text_list(facts.means_of(slot.number))},
            {"cipher", shown(slot.encryption)},
            {"kdf", std::move(kdf)}};
}

ValueMap told(const SealedKey& key) {
    return {{"pcrs", numbers(key.pcrs)},
            {"bank", key.bank},
            {"pin", key.pin},
            {"signed_pcrs", numbers(key.signed_pcrs)},
            {"policy_sha256", to_hex(key.object.auth_policy)},
            {"empty", is_policy_empty(key) || is_sealed_to_start_values(key)}};
}

ValueMap told(const LuksToken& token, const LuksTokenFacts& facts, const LuksPcrs& pcrs) {
    ValueList sealed;
    for (const SealedKey& key : facts.sealed)
        sealed.emplace_back(told(key));
    ValueMap map{{"number", token.number},          {"type", shown(token.type)},
                 {"means", to_string(facts.means)}, {"keyslots", numbers(token.keyslots)},
                 {"sealed", std::move(sealed)},     {"unknown", text_list(facts.unknown)},
                 {"problem", facts.problem}};
    if (facts.by_tpm()) map["would_unseal"] = told(forecast_of(facts, pcrs));
    return map;
}

ValueMap mapping_of(const LuksFacts& facts) {
    ValueMap map{{"name", escape(facts.volume.mapping)}, {"active", facts.table.has_value()}};
    if (!facts.table_unread.empty()) map["problem"] = facts.table_unread;
    if (!facts.table) return map;
    map["device"] = shown(facts.table->device);
    map["suspended"] = facts.suspended;
    if (facts.table->targets.size() != 1) return map;
    map["type"] = shown(facts.table->targets.front().type);
    const auto crypt = as_crypt(facts.table->targets.front());
    if (!crypt) return map;
    map["cipher"] = shown(crypt->cipher);
    map["key_bits"] = crypt->key_size * 8;
    map["flags"] = text_list(crypt->flags);
    return map;
}

void add_header(const LuksFacts& facts, const LuksPcrs& pcrs, ValueMap& map) {
    const LuksMetadata& metadata = *facts.metadata();
    ValueList slots, tokens;
    for (const LuksKeyslot& slot : metadata.keyslots)
        slots.emplace_back(told(facts, slot));
    for (const LuksToken& token : metadata.tokens)
        tokens.emplace_back(told(token, facts.tokens.at(token.number), pcrs));
    map["format"] = facts.header.format == LuksFormat::luks1 ? "luks1" : "luks2";
    map["uuid"] = facts.copy()->uuid;
    map["label"] = facts.copy()->label;
    map["sequence"] = facts.copy()->sequence;
    map["cipher"] = shown(metadata.segments.front().encryption);
    map["key_bits"] = facts.key_size() * 8;
    map["slots"] = std::move(slots);
    map["tokens"] = std::move(tokens);
    map["flags"] = text_list(metadata.flags);
    map["requirements"] = text_list(metadata.requirements);
}

}  // namespace

std::string state_of(const LuksFacts& facts, bool accepted, const LuksFindings& findings) {
    if (facts.missing) return "missing";
    if (!facts.unread.empty()) return "unreadable";
    if (facts.header.format == LuksFormat::none) return "not encrypted";
    const bool violated = std::ranges::any_of(
        findings.seen(), [&](const Observation& each) { return each.subject == facts.volume.name; });
    if (violated) return "violated";
    return accepted ? "as accepted" : "not accepted";
}

ValueMap report_of(const LuksFacts& facts, bool accepted, const LuksPcrs& pcrs, const LuksFindings& findings) {
    ValueMap map{{"name", facts.volume.name},
                 {"device", escape(facts.volume.device)},
                 {"mount", escape(facts.volume.mount)},
                 {"state", state_of(facts, accepted, findings)},
                 {"problem", facts.unread},
                 {"accepted", accepted},
                 {"would_unseal", told(forecast_of(facts, pcrs))}};
    ValueList found;
    for (const Observation& each : findings.seen())
        if (each.subject == facts.volume.name)
            found.emplace_back(ValueMap{{"kind", each.kind->name}, {"summary", each.summary}});
    map["findings"] = std::move(found);
    if (!facts.volume.mapping.empty()) map["mapping"] = mapping_of(facts);
    if (facts.mounted) map["mounted_from"] = shown(facts.mounted->source);
    if (facts.metadata() != nullptr) add_header(facts, pcrs, map);
    return map;
}

}  // namespace integrityd
