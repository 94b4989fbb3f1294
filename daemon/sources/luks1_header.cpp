#include "sources/luks1_header.hpp"

#include "core/digest.hpp"
#include "core/escape.hpp"
#include "core/luks_form.hpp"

namespace integrityd {

namespace {

// LUKS1 on-disk format 1.2.3, figure 1 and 2.
constexpr std::size_t cipher_at = 8;
constexpr std::size_t mode_at = 40;
constexpr std::size_t hash_at = 72;
constexpr std::size_t text_size = 32;
constexpr std::size_t uuid_size = 40;
constexpr std::size_t payload_at = 104;
constexpr std::size_t key_size_at = 108;
constexpr std::size_t digest_at = 112;  // digest 20, salt 32, iterations 4
constexpr std::size_t digest_size = 56;
constexpr std::size_t uuid_at = 168;
constexpr std::size_t slots_at = 208;
constexpr std::size_t slot_size = 48;
constexpr unsigned slot_count = 8;
constexpr std::uint64_t slot_active = 0x00AC71F3;
constexpr std::uint64_t slot_inactive = 0x0000DEAD;
// libcryptsetup's own limit of a key; each is spread over 4000 stripes.
constexpr std::uint64_t most_key_size = 512;
constexpr std::uint64_t stripes = 4000;
constexpr std::uint64_t sector = 512;

std::string text_at(std::string_view bytes, std::size_t at, std::size_t size = text_size) {
    const std::string_view field = bytes.substr(at, size);
    return std::string(field.substr(0, field.find('\0')));
}

struct Slot {
    std::string_view bytes;
    [[nodiscard]] std::uint64_t state() const { return luks_form::number_at(bytes, 0, 4); }
    [[nodiscard]] std::uint64_t iterations() const { return luks_form::number_at(bytes, 4, 4); }
    [[nodiscard]] std::uint64_t offset() const { return luks_form::number_at(bytes, 40, 4); }
    [[nodiscard]] std::uint64_t stripes() const { return luks_form::number_at(bytes, 44, 4); }
};

Slot slot_at(std::string_view bytes, unsigned number) {
    return {bytes.substr(slots_at + number * slot_size, slot_size)};
}

LuksKeyslot read_slot(std::string_view bytes, unsigned number, const LuksSegment& segment) {
    const Slot from = slot_at(bytes, number);
    LuksKeyslot slot;
    slot.number = number;
    slot.type = "luks1";
    slot.key_size = luks_form::number_at(bytes, key_size_at, 4);
    slot.encryption = segment.encryption;
    slot.encryption_key_size = slot.key_size;
    slot.kdf = {"pbkdf2", text_at(bytes, hash_at), from.iterations(), 0, 0};
    slot.sha256 = sha256_hex(from.bytes);
    return slot;
}

// The keys have to stand between header and data, none over another.
std::string slots_problem(std::string_view bytes) {
    const std::uint64_t key_size = luks_form::number_at(bytes, key_size_at, 4);
    const std::uint64_t payload = luks_form::number_at(bytes, payload_at, 4);
    if (key_size == 0 || key_size > most_key_size) return "a wrong key size";
    const std::uint64_t length = (key_size * stripes + sector - 1) / sector;
    for (unsigned i = 0; i < slot_count; ++i) {
        const Slot slot = slot_at(bytes, i);
        const std::string name = "keyslot " + std::to_string(i);
        if (slot.state() != slot_active && slot.state() != slot_inactive) return name + " is neither active nor not";
        if (slot.stripes() != stripes) return name + " has a wrong number of stripes";
        if (slot.offset() * sector < luks_form::luks1_size) return name + " lies in the header";
        if (payload != 0 && slot.offset() + length > payload) return name + " lies in the data";
        for (unsigned j = 0; j < i; ++j) {
            const std::uint64_t other = slot_at(bytes, j).offset();
            if (slot.offset() < other + length && other < slot.offset() + length) return "two keyslots overlap";
        }
    }
    return "";
}

}  // namespace

LuksCopy parse_luks1_header(std::string_view bytes) {
    LuksCopy copy;
    copy.problem = bytes.size() < luks_form::luks1_size ? "cut" : slots_problem(bytes);
    if (!copy.intact()) return copy;
    copy.uuid = escape(text_at(bytes, uuid_at, uuid_size));
    copy.size = luks_form::luks1_size;
    LuksSegment segment;
    segment.type = "crypt";
    segment.encryption = text_at(bytes, cipher_at) + "-" + text_at(bytes, mode_at);
    segment.offset = std::to_string(luks_form::number_at(bytes, payload_at, 4) * sector);
    segment.size = "dynamic";
    segment.sector_size = sector;
    segment.sha256 = sha256_hex(segment.offset);
    LuksDigest digest;
    digest.segments = {0};
    digest.sha256 = sha256_hex(bytes.substr(digest_at, digest_size));
    LuksMetadata metadata;
    for (unsigned i = 0; i < slot_count; ++i) {
        if (slot_at(bytes, i).state() != slot_active) continue;
        metadata.keyslots.push_back(read_slot(bytes, i, segment));
        digest.keyslots.push_back(i);
    }
    metadata.segments = {segment};
    metadata.digests = {digest};
    metadata.sha256 = sha256_hex(bytes.substr(0, luks_form::luks1_size));
    copy.metadata = std::move(metadata);
    return copy;
}

}  // namespace integrityd
