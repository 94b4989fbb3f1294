#include "sources/luks_check.hpp"

#include <algorithm>

namespace integrityd {

namespace {

// In front of the JSON area of each copy.
constexpr std::uint64_t binary_size = 4096;
// LUKS2_MAX_KEYSLOTS_SIZE of libcryptsetup.
constexpr std::uint64_t most_keyslots_size = 128U << 20;

void check_references(LuksJson& json, const LuksMetadata& metadata, const std::vector<unsigned>& keyslots) {
    for (const unsigned number : keyslots)
        if (metadata.keyslot(number) == nullptr)
            json.fail("refers to keyslot " + std::to_string(number) + ", which is not there");
}

bool has_key(const LuksMetadata& metadata, const LuksSegment& segment) {
    return std::ranges::any_of(metadata.digests, [&](const LuksDigest& digest) {
        return std::ranges::find(digest.segments, segment.number) != digest.segments.end();
    });
}

void check_segments(LuksJson& json, const LuksMetadata& metadata) {
    if (metadata.segments.empty()) json.fail("there is no segment");
    for (const LuksSegment& segment : metadata.segments) {
        const std::string name = "segment " + std::to_string(segment.number);
        if (segment.type == "crypt" && !segment.is_backup() && !has_key(metadata, segment))
            json.fail(name + " has no digest of its key");
        if (segment.type != "crypt") continue;
        const std::uint64_t sector = segment.sector_size;
        if (sector != 512 && sector != 1024 && sector != 2048 && sector != 4096)
            json.fail(name + " has a wrong sector size");
    }
}

void check_digests(LuksJson& json, const LuksMetadata& metadata) {
    for (const LuksDigest& digest : metadata.digests) {
        check_references(json, metadata, digest.keyslots);
        for (const unsigned number : digest.segments) {
            const bool there =
                std::ranges::find(metadata.segments, number, &LuksSegment::number) != metadata.segments.end();
            if (!there) json.fail("refers to segment " + std::to_string(number) + ", which is not there");
        }
    }
}

struct Area {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

// Where the keys stand: behind both copies, within the key area, none over another.
void check_areas(LuksJson& json, const ValueMap& root, const LuksMetadata& metadata, std::uint64_t header_size) {
    const ValueMap& config = json.object(root, "config");
    const std::uint64_t keyslots_size = json.number_text(config, "keyslots_size");
    if (json.number_text(config, "json_size") != header_size - binary_size)
        json.fail("the JSON area is not as large as the header says");
    if (keyslots_size % 4096 != 0 || keyslots_size > most_keyslots_size) json.fail("a wrong size of the key area");
    const Area region{2 * header_size, 2 * header_size + keyslots_size};
    const ValueMap& slots = json.object(root, "keyslots");
    std::vector<Area> areas;
    for (const LuksKeyslot& slot : metadata.keyslots) {
        const ValueMap& from = json.object(json.object(slots, std::to_string(slot.number)), "area");
        const std::uint64_t offset = json.number_text(from, "offset");
        const std::uint64_t size = json.number_text(from, "size");
        if (offset < region.begin || offset > region.end || size > region.end - offset)
            json.fail("keyslot " + std::to_string(slot.number) + " is outside of the key area");
        areas.push_back({offset, offset + size});
    }
    std::ranges::sort(areas, {}, &Area::begin);
    for (std::size_t i = 1; i < areas.size(); ++i)
        if (areas[i].begin < areas[i - 1].end) json.fail("two keyslots overlap");
}

}  // namespace

void check_luks_metadata(LuksJson& json, const ValueMap& root, const LuksMetadata& metadata,
                         std::uint64_t header_size) {
    check_segments(json, metadata);
    check_digests(json, metadata);
    for (const LuksToken& token : metadata.tokens)
        check_references(json, metadata, token.keyslots);
    check_areas(json, root, metadata, header_size);
}

}  // namespace integrityd
