#include "watchers/luks/luks_accepted.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "core/digest.hpp"
#include "core/escape.hpp"
#include "core/members.hpp"

namespace integrityd {

namespace {

std::string numbered(unsigned number, const std::string& value) {
    return std::to_string(number) + " " + escape_cut(value, 200);
}

std::string policy_of(const LuksTokenFacts& token) {
    std::vector<std::string> all;
    for (const SealedKey& key : token.sealed)
        all.push_back(to_hex(key.object.auth_policy));
    return fmt::format("{}", fmt::join(all, "+"));
}

std::vector<std::string> escaped(const std::vector<std::string>& texts) {
    std::vector<std::string> out;
    for (const auto& text : texts)
        out.push_back(escape_cut(text, 200));
    std::ranges::sort(out);
    return out;
}

void take_header(const LuksMetadata& metadata, LuksRecord& record) {
    for (const LuksSegment& segment : metadata.segments) {
        record.segments.push_back(numbered(segment.number, segment.sha256));
        record.ciphers.push_back("segment " + numbered(segment.number, segment.encryption));
    }
    for (const LuksKeyslot& slot : metadata.keyslots) {
        record.ciphers.push_back("keyslot " + numbered(slot.number, slot.encryption));
        if (slot.priority) record.priorities.push_back(numbered(slot.number, std::to_string(*slot.priority)));
    }
    for (const LuksDigest& digest : metadata.digests)
        record.digests.push_back(numbered(digest.number, digest.sha256));
    record.flags = escaped(metadata.flags);
    record.requirements = escaped(metadata.requirements);
    record.document = metadata.sha256;
}

// The maps of a list.
std::vector<const ValueMap*> maps_at(const ValueMap& map, std::string_view name) {
    std::vector<const ValueMap*> maps;
    for (const Value& each : entries_at(map, name))
        if (const auto* const held = each.get<ValueMap>()) maps.push_back(held);
    return maps;
}

unsigned number_of(const ValueMap& map) {
    return static_cast<unsigned>(number_at(map, "number"));
}

}  // namespace

std::optional<LuksRecord> record_of(const LuksFacts& facts) {
    const LuksMetadata* const metadata = facts.metadata();
    if (metadata == nullptr) return std::nullopt;
    LuksRecord record;
    record.format = facts.header.format == LuksFormat::luks1 ? "luks1" : "luks2";
    record.uuid = facts.copy()->uuid;
    record.sequence = facts.copy()->sequence;
    if (const LuksDigest* const key = metadata->volume_key()) record.key = key->sha256;
    for (const LuksKeyslot& slot : metadata->keyslots)
        record.slots.push_back(
            {slot.number, fmt::format("{}", fmt::join(facts.means_of(slot.number), "+")), slot.sha256});
    for (const LuksToken& token : metadata->tokens)
        record.tokens.push_back(
            {token.number, escape_cut(token.type, 64), token.sha256, policy_of(facts.tokens.at(token.number))});
    take_header(*metadata, record);
    if (facts.table && facts.table->targets.size() == 1)
        if (const auto crypt = as_crypt(facts.table->targets.front())) record.mapping_flags = escaped(crypt->flags);
    return record;
}

ValueMap to_value(const LuksRecord& record) {
    ValueList slots;
    for (const auto& slot : record.slots)
        slots.emplace_back(ValueMap{{"number", slot.number}, {"means", slot.means}, {"sha256", slot.sha256}});
    ValueList tokens;
    for (const auto& token : record.tokens)
        tokens.emplace_back(ValueMap{
            {"number", token.number}, {"type", token.type}, {"sha256", token.sha256}, {"policy", token.policy}});
    return {{"format", record.format},
            {"uuid", record.uuid},
            {"key", record.key},
            {"sequence", record.sequence},
            {"slots", std::move(slots)},
            {"tokens", std::move(tokens)},
            {"segments", text_list(record.segments)},
            {"ciphers", text_list(record.ciphers)},
            {"digests", text_list(record.digests)},
            {"priorities", text_list(record.priorities)},
            {"flags", text_list(record.flags)},
            {"requirements", text_list(record.requirements)},
            {"mapping_flags", text_list(record.mapping_flags)},
            {"document", record.document}};
}

LuksRecord read_luks_record(const ValueMap& value) {
    LuksRecord record;
    record.format = text_at(value, "format");
    record.uuid = text_at(value, "uuid");
    record.key = text_at(value, "key");
    if (const Value* const sequence = value_at(value, "sequence")) record.sequence = sequence->number();
    for (const ValueMap* const slot : maps_at(value, "slots"))
        record.slots.push_back({number_of(*slot), text_at(*slot, "means"), text_at(*slot, "sha256")});
    for (const ValueMap* const token : maps_at(value, "tokens"))
        record.tokens.push_back(
            {number_of(*token), text_at(*token, "type"), text_at(*token, "sha256"), text_at(*token, "policy")});
    record.segments = texts_at(value, "segments");
    record.ciphers = texts_at(value, "ciphers");
    record.digests = texts_at(value, "digests");
    record.priorities = texts_at(value, "priorities");
    record.flags = texts_at(value, "flags");
    record.requirements = texts_at(value, "requirements");
    record.mapping_flags = texts_at(value, "mapping_flags");
    record.document = text_at(value, "document");
    return record;
}

ValueMap to_value(const LuksRecords& records) {
    ValueMap volumes;
    for (const auto& [name, record] : records)
        volumes[name] = to_value(record);
    return volumes;
}

std::optional<LuksRecords> read_luks_records(const ValueMap& document) {
    const Value* const member = value_at(document, "volumes");
    const auto* const volumes = member == nullptr ? nullptr : member->get<ValueMap>();
    if (volumes == nullptr) return std::nullopt;
    LuksRecords records;
    for (const auto& [name, value] : *volumes) {
        const auto* const held = value.get<ValueMap>();
        if (held == nullptr) return std::nullopt;
        records[name] = read_luks_record(*held);
    }
    return records;
}

}  // namespace integrityd
