#include "sources/luks_metadata.hpp"

#include <algorithm>
#include <functional>

#include "core/canonical_json.hpp"
#include "core/digest.hpp"
#include "core/foreign_json.hpp"
#include "sources/luks_check.hpp"
#include "sources/luks_json.hpp"

namespace integrityd {

namespace {

// The JSON area is at most 4 MiB less the binary header. Deepest of what libcryptsetup writes is keyslots/0/area/offset
// (4); clevis's sss token nests a JWE for each of its pins. 32 keyslots and tokens of some 30 members are 2,000 values.
constexpr JsonLimits limits = {.text = 4U << 20, .depth = 16, .values = 32'768};

std::string sha256_of(const ValueMap& map) {
    return sha256_hex(canonical_json(Value(map)));
}

LuksKdf read_kdf(LuksJson& json, const ValueMap& slot) {
    const ValueMap& from = json.object(slot, "kdf");
    LuksKdf kdf;
    kdf.type = json.text(from, "type");
    (void)json.text(from, "salt");
    if (kdf.type == "pbkdf2") {
        kdf.hash = json.text(from, "hash");
        kdf.iterations = json.number(from, "iterations");
    } else if (kdf.type == "argon2i" || kdf.type == "argon2id") {
        kdf.time = json.number(from, "time");
        kdf.memory = json.number(from, "memory");
        (void)json.number(from, "cpus");
    }
    return kdf;
}

std::string identity_of(ValueMap slot) {
    slot.erase("priority");
    if (auto* const area = slot["area"].get<ValueMap>()) area->erase("encryption");
    return sha256_of(slot);
}

LuksKeyslot read_keyslot(LuksJson& json, unsigned number, const ValueMap& from) {
    LuksKeyslot slot;
    slot.number = number;
    slot.type = json.text(from, "type");
    slot.key_size = json.number(from, "key_size");
    if (LuksJson::find(from, "priority") != nullptr) slot.priority = json.number(from, "priority");
    const ValueMap& area = json.object(from, "area");
    (void)json.text(area, "type");
    slot.sha256 = identity_of(from);
    if (slot.type != "luks2") return slot;  // of a re-encryption: its area holds no key
    slot.encryption = json.text(area, "encryption");
    slot.encryption_key_size = json.number(area, "key_size");
    (void)json.object(from, "af");
    slot.kdf = read_kdf(json, from);
    return slot;
}

LuksSegment read_segment(LuksJson& json, unsigned number, const ValueMap& from) {
    LuksSegment segment;
    segment.number = number;
    segment.type = json.text(from, "type");
    segment.offset = json.text(from, "offset");
    segment.size = json.text(from, "size");
    segment.flags = json.texts_or_empty(from, "flags");
    ValueMap rest = from;
    rest.erase("encryption");
    segment.sha256 = sha256_of(rest);
    if (segment.type != "crypt") return segment;
    segment.encryption = json.text(from, "encryption");
    segment.sector_size = json.number(from, "sector_size");
    (void)json.number_text(from, "iv_tweak");
    if (LuksJson::find(from, "integrity") != nullptr)
        segment.integrity = json.text(json.object(from, "integrity"), "type");
    return segment;
}

LuksDigest read_digest(LuksJson& json, unsigned number, const ValueMap& from) {
    LuksDigest digest;
    digest.number = number;
    digest.keyslots = json.references(from, "keyslots", most_luks_keyslots);
    digest.segments = json.references(from, "segments", most_luks_segments);
    (void)json.text(from, "type");
    for (const auto* const name : {"salt", "digest"})
        if (!from_base64(json.text(from, name))) json.fail("a digest that is no base64");
    ValueMap key = from;
    key.erase("keyslots");
    key.erase("segments");
    digest.sha256 = sha256_of(key);
    return digest;
}

LuksToken read_token(LuksJson& json, unsigned number, const ValueMap& from) {
    return {number, json.text(from, "type"), json.references(from, "keyslots", most_luks_keyslots), from,
            sha256_of(from)};
}

// Members are sorted as texts ("10" before "2"): the list is by number.
template <typename Item>
std::vector<Item> read_all(LuksJson& json, const ValueMap& root, std::string_view name, unsigned limit,
                           const std::function<Item(LuksJson&, unsigned, const ValueMap&)>& read) {
    std::vector<Item> items;
    const ValueMap& all = json.object(root, name);
    for (const auto& [key, value] : all) {
        const auto number = LuksJson::index(key, limit);
        if (!number) json.fail("\"" + std::string(name) + "\" has a member that is no number of its own");
        if (!json.problem().empty()) break;
        items.push_back(read(json, *number, json.object(all, key)));
    }
    std::ranges::sort(items, {}, &Item::number);
    return items;
}

void read_config(LuksJson& json, const ValueMap& root, LuksMetadata& metadata) {
    const ValueMap& config = json.object(root, "config");
    metadata.flags = json.texts_or_empty(config, "flags");
    if (LuksJson::find(config, "requirements") == nullptr) return;
    metadata.requirements = json.texts_or_empty(json.object(config, "requirements"), "mandatory");
}

template <typename Item>
bool contains(const std::vector<Item>& list, const Item& item) {
    return std::ranges::find(list, item) != list.end();
}

}  // namespace

bool LuksSegment::is_backup() const {
    return std::ranges::any_of(flags, [](const std::string& flag) { return flag.starts_with("backup-"); });
}

const LuksDigest* LuksMetadata::volume_key() const {
    for (const LuksSegment& segment : segments) {
        if (segment.is_backup()) continue;
        for (const LuksDigest& digest : digests)
            if (contains(digest.segments, segment.number)) return &digest;
    }
    return nullptr;
}

const LuksDigest* LuksMetadata::digest_of_keyslot(unsigned number) const {
    for (const LuksDigest& digest : digests)
        if (contains(digest.keyslots, number)) return &digest;
    return nullptr;
}

const LuksKeyslot* LuksMetadata::keyslot(unsigned number) const {
    for (const LuksKeyslot& slot : keyslots)
        if (slot.number == number) return &slot;
    return nullptr;
}

Result<LuksMetadata> parse_luks_json(std::string_view text, std::uint64_t header_size) {
    const auto parsed = read_foreign_json(text, limits);
    if (!parsed) return Error{"JSON: " + parsed.error().message};
    const auto* const root = parsed->get<ValueMap>();
    if (root == nullptr) return Error{"the JSON is no object"};
    LuksJson json;
    LuksMetadata metadata;
    metadata.keyslots = read_all<LuksKeyslot>(json, *root, "keyslots", most_luks_keyslots, read_keyslot);
    metadata.segments = read_all<LuksSegment>(json, *root, "segments", most_luks_segments, read_segment);
    metadata.digests = read_all<LuksDigest>(json, *root, "digests", most_luks_digests, read_digest);
    metadata.tokens = read_all<LuksToken>(json, *root, "tokens", most_luks_tokens, read_token);
    read_config(json, *root, metadata);
    if (json.problem().empty()) check_luks_metadata(json, *root, metadata, header_size);
    if (!json.problem().empty()) return Error{json.problem()};
    metadata.sha256 = sha256_of(*root);
    return metadata;
}

}  // namespace integrityd
