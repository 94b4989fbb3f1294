// LuksAccepted: what is accepted of a volume, and the document that holds it.
//
// {"version": 1, "volumes": {NAME: {"uuid", "key", "format", "sequence", "slots", "tokens", "segments", …}}, "tpm":
// {…}}
//
// Not by image: volumes are the device's own, whichever of its images runs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/value.hpp"
#include "watchers/luks/luks_facts.hpp"

namespace integrityd {

struct LuksSlotRecord {
    unsigned number = 0;
    std::string means;   // "tpm2", "password", "tpm2+recovery"
    std::string sha256;  // LuksKeyslot::sha256

    auto operator<=>(const LuksSlotRecord&) const = default;
};

struct LuksTokenRecord {
    unsigned number = 0;
    std::string type;
    std::string sha256;  // LuksToken::sha256
    std::string policy;  // the policies of the sealed keys, hex, joined by "+"; empty: none is sealed

    auto operator<=>(const LuksTokenRecord&) const = default;
};

struct LuksRecord {
    std::string format;  // luks1, luks2
    std::string uuid;
    std::string key;  // SHA-256 over the digest of the volume key
    std::uint64_t sequence = 0;
    std::vector<LuksSlotRecord> slots;
    std::vector<LuksTokenRecord> tokens;
    // "NUMBER VALUE" each: what of the header is neither slot nor token.
    std::vector<std::string> segments;  // all but their ciphers
    std::vector<std::string> ciphers;   // of segments and of keyslot areas
    std::vector<std::string> digests;
    std::vector<std::string> priorities;
    std::vector<std::string> flags;
    std::vector<std::string> requirements;
    std::vector<std::string> mapping_flags;  // of the active table; not known where the mapping is not
    std::string document;                    // SHA-256 over the whole JSON

    bool operator==(const LuksRecord&) const = default;
};

using LuksRecords = std::map<std::string, LuksRecord>;

// What would be accepted of a volume as it is; none: its header has no intact copy.
[[nodiscard]] std::optional<LuksRecord> record_of(const LuksFacts& facts);

[[nodiscard]] ValueMap to_value(const LuksRecord& record);
// Total: what is missing is empty.
[[nodiscard]] LuksRecord read_luks_record(const ValueMap& value);

[[nodiscard]] ValueMap to_value(const LuksRecords& records);
// Of a document's member "volumes"; none: that is not what is written.
[[nodiscard]] std::optional<LuksRecords> read_luks_records(const ValueMap& document);

}  // namespace integrityd
