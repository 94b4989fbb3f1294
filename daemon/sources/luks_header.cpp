#include "sources/luks_header.hpp"

#include <algorithm>

#include "core/escape.hpp"
#include "core/luks_form.hpp"
#include "sources/hash_of.hpp"
#include "sources/luks1_header.hpp"

namespace integrityd {

namespace {

// Of the binary header.
constexpr std::size_t sequence_at = 16;
constexpr std::size_t label_at = 24;
constexpr std::size_t algorithm_at = 72;
constexpr std::size_t uuid_at = 168;
constexpr std::size_t subsystem_at = 208;
constexpr std::size_t offset_at = 256;
constexpr std::size_t checksum_at = 448;
constexpr std::size_t checksum_size = 64;

// A field of fixed size, up to its first NUL.
std::string_view field(std::string_view copy, std::size_t at, std::size_t size) {
    const std::string_view whole = copy.substr(at, size);
    return whole.substr(0, whole.find('\0'));
}

std::string checksum_problem(std::string_view copy) {
    const std::string_view algorithm = field(copy, algorithm_at, 32);
    std::string zeroed(copy);
    std::fill_n(zeroed.begin() + checksum_at, checksum_size, '\0');
    const auto digest = hash_of(algorithm, zeroed);
    if (!digest) return "unknown checksum algorithm " + escape(algorithm);
    std::string right = *digest;
    right.resize(checksum_size, '\0');
    return copy.substr(checksum_at, checksum_size) == right ? "" : "the checksum is wrong";
}

// The JSON area holds one text that begins at once, and only NULs behind it.
Result<std::string_view> json_text(std::string_view copy) {
    const std::string_view area = copy.substr(luks_form::binary_size);
    const std::size_t end = area.find('\0');
    if (!area.starts_with('{')) return Error{"the JSON area holds no object"};
    if (end == std::string_view::npos) return Error{"the JSON area has no end"};
    if (area.find_first_not_of('\0', end) != std::string_view::npos) return Error{"there is something behind the JSON"};
    return area.substr(0, end);
}

void read_fields(std::string_view bytes, LuksCopy& copy) {
    copy.size = luks_form::copy_size_at(bytes);
    copy.sequence = luks_form::number_at(bytes, sequence_at, 8);
    copy.label = escape(field(bytes, label_at, 48));
    copy.uuid = escape(field(bytes, uuid_at, 40));
    copy.subsystem = escape(field(bytes, subsystem_at, 48));
}

// All but the JSON; empty: this is a copy.
std::string frame_problem(std::string_view bytes, std::uint64_t at, std::string_view magic) {
    if (bytes.size() < luks_form::binary_size || !bytes.starts_with(magic)) return "not there";
    if (luks_form::version_at(bytes) != 2) return "of an unknown version";
    const std::uint64_t size = luks_form::copy_size_at(bytes);
    if (!luks_form::is_copy_size(size) || (at != 0 && size != at)) return "a wrong size";
    if (luks_form::number_at(bytes, offset_at, 8) != at) return "not where it says it is";
    if (bytes.size() < size) return "cut";
    return checksum_problem(bytes.substr(0, size));
}

struct Read {
    LuksCopy copy;
    std::string_view json;
};

Read read_copy(std::string_view area, std::uint64_t at, std::string_view magic) {
    Read read;
    if (at >= area.size()) return read;
    const std::string_view bytes = area.substr(at);
    read.copy.problem = frame_problem(bytes, at, magic);
    if (bytes.size() >= luks_form::binary_size && bytes.starts_with(magic)) read_fields(bytes, read.copy);
    if (!read.copy.intact()) return read;
    const auto text = json_text(bytes.substr(0, read.copy.size));
    if (!text)
        read.copy.problem = text.error().message;
    else
        read.json = *text;
    return read;
}

void read_metadata(Read& read) {
    if (!read.copy.intact()) return;
    auto metadata = parse_luks_json(read.json, read.copy.size);
    if (!metadata)
        read.copy.problem = escape_cut(metadata.error().message, 256);
    else
        read.copy.metadata = std::move(*metadata);
}

// Most headers are twice the same text, which is read once.
void read_both(Read& first, Read& second) {
    read_metadata(first);
    const bool same = first.json == second.json && first.copy.size == second.copy.size;
    if (!same || !second.copy.intact() || first.json.empty()) return read_metadata(second);
    second.copy.metadata = first.copy.metadata;
    second.copy.problem = first.copy.problem;
}

template <typename Part>
std::vector<std::string> told(const std::vector<Part>& parts) {
    std::vector<std::string> all;
    for (const Part& part : parts)
        all.push_back(std::to_string(part.number) + part.sha256);
    return all;
}

std::vector<std::string> ciphers(const LuksMetadata& metadata) {
    std::vector<std::string> all;
    for (const auto& segment : metadata.segments)
        all.push_back(segment.encryption);
    for (const auto& slot : metadata.keyslots)
        all.push_back(slot.encryption);
    return all;
}

std::vector<std::string> differences(const LuksCopy& one, const LuksCopy& other) {
    std::vector<std::string> found;
    const auto tell = [&found](bool differs, const char* name) {
        if (differs) found.emplace_back(name);
    };
    tell(one.sequence != other.sequence, "sequence");
    tell(one.uuid != other.uuid, "uuid");
    tell(one.label != other.label || one.subsystem != other.subsystem, "label");
    const LuksMetadata& a = *one.metadata;
    const LuksMetadata& b = *other.metadata;
    tell(told(a.keyslots) != told(b.keyslots), "keyslots");
    tell(told(a.segments) != told(b.segments), "segments");
    tell(told(a.digests) != told(b.digests), "digests");
    tell(told(a.tokens) != told(b.tokens), "tokens");
    tell(ciphers(a) != ciphers(b), "ciphers");
    tell(a.flags != b.flags || a.requirements != b.requirements, "config");
    if (found.empty() && a.sha256 != b.sha256) found.emplace_back("other members");
    return found;
}

// Where a second copy may stand when the first one does not say it.
std::uint64_t find_second(std::string_view bytes) {
    for (std::uint64_t at = luks_form::least_copy; at <= luks_form::most_copy && at < bytes.size(); at *= 2)
        if (bytes.substr(at).starts_with(luks_form::second_magic)) return at;
    return 0;
}

}  // namespace

const LuksCopy* LuksHeader::copy() const {
    if (first.intact()) return &first;
    return second.intact() ? &second : nullptr;
}

bool LuksHeader::consistent() const {
    if (format == LuksFormat::luks1) return first.intact();
    return format == LuksFormat::luks2 && first.intact() && second.intact() && differences.empty();
}

LuksHeader parse_luks_header(std::string_view bytes) {
    LuksHeader header;
    const bool has_magic = bytes.size() >= luks_form::magic_size && bytes.starts_with(luks_form::first_magic);
    if (has_magic && luks_form::version_at(bytes) == 1) {
        header.format = LuksFormat::luks1;
        header.first = parse_luks1_header(bytes);
        return header;
    }
    Read first = read_copy(bytes, 0, luks_form::first_magic);
    const bool says = first.copy.size != 0 && luks_form::is_copy_size(first.copy.size);
    std::uint64_t second_at = first.copy.intact() && says ? first.copy.size : find_second(bytes);
    if (second_at == 0 && says) second_at = first.copy.size;
    Read second = second_at == 0 ? Read() : read_copy(bytes, second_at, luks_form::second_magic);
    if (!has_magic && second_at == 0) return header;
    header.format = LuksFormat::luks2;
    read_both(first, second);
    header.first = std::move(first.copy);
    header.second = std::move(second.copy);
    if (header.first.intact() && header.second.intact()) header.differences = differences(header.first, header.second);
    return header;
}

}  // namespace integrityd
