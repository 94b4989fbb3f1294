#include "sources/pe_digest.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "sources/little_endian.hpp"

namespace integrityd {

namespace {

constexpr std::size_t dos_header = 64;
constexpr std::size_t pe_offset_at = 60;
constexpr std::size_t coff_size = 24;  // with the signature "PE\0\0"
constexpr std::size_t section_header = 40;
constexpr std::uint16_t most_sections = 96;  // PE/COFF: the loader's own limit
constexpr std::size_t largest_optional_header = 4096;
constexpr std::size_t certificate_directory = 4;
constexpr std::size_t block = 1U << 16;

struct Range {
    std::uint64_t begin;
    std::uint64_t end;
};

Error malformed(const std::string& why) {
    return {"not a well-formed PE file: " + why, EINVAL};
}

// What of the file is hashed, in order (Windows Authenticode Portable Executable Signature Format, "Calculating the
// PE image hash").
class Layout {
public:
    explicit Layout(const PeSource& source) : source_(source) {}

    // The bytes of a section of this name; of its size in the file only what is there in memory.
    Result<Range> section(std::string_view name) {
        if (auto read = headers(); !read) return read.error();
        const auto table = bytes(sections_at_, std::size_t{section_count_} * section_header);
        if (!table) return table.error();
        for (std::size_t i = 0; i < section_count_; ++i) {
            const std::string_view entry = std::string_view(*table).substr(i * section_header, section_header);
            const std::string_view found = entry.substr(0, 8);
            if (found.substr(0, found.find('\0')) != name) continue;
            const std::uint64_t size = std::min(*LittleEndian(entry, 8).u32(), *LittleEndian(entry, 16).u32());
            const std::uint64_t at = *LittleEndian(entry, 20).u32();
            if (at + size > source_.size) return malformed("a section reaches past its end");
            return Range{at, at + size};
        }
        return Error{"it has no section " + std::string(name), ENOENT};
    }

    Result<std::vector<Range>> ranges() {
        if (source_.size > largest_pe_file) return malformed("it is larger than 1 GiB");
        if (auto read = headers(); !read) return read.error();
        if (auto read = sections(); !read) return read.error();
        return rest();
    }

private:
    Result<std::string> bytes(std::uint64_t offset, std::size_t size) const {
        std::string into(size, '\0');
        if (offset > source_.size || size > source_.size - offset) return malformed("it ends inside of its headers");
        if (!source_.read(offset, into.data(), size)) return Error{"the file cannot be read", EIO};
        return into;
    }

    Result<void> headers() {
        const auto dos = bytes(0, dos_header);
        if (!dos) return dos.error();
        if (!dos->starts_with("MZ")) return malformed("it does not begin with MZ");
        const std::uint32_t pe = *LittleEndian(*dos, pe_offset_at).u32();
        const auto coff = bytes(pe, coff_size);
        if (!coff) return coff.error();
        if (!coff->starts_with(std::string_view("PE\0\0", 4))) return malformed("it has no PE signature");
        section_count_ = *LittleEndian(*coff, 6).u16();
        const std::uint16_t optional_size = *LittleEndian(*coff, 20).u16();
        if (section_count_ > most_sections) return malformed("it has too many sections");
        if (optional_size > largest_optional_header) return malformed("its optional header is too large");
        optional_at_ = std::uint64_t{pe} + coff_size;
        sections_at_ = optional_at_ + optional_size;
        const auto optional = bytes(optional_at_, optional_size);
        if (!optional) return optional.error();
        return optional_header(*optional);
    }

    Result<void> optional_header(std::string_view header) {
        const auto magic = LittleEndian(header).u16();
        if (!magic || (*magic != 0x10b && *magic != 0x20b)) return malformed("its optional header is unknown");
        const std::size_t directories = *magic == 0x10b ? 96 : 112;
        if (header.size() < directories) return malformed("its optional header is too short");
        const std::uint32_t headers_size = *LittleEndian(header, 60).u32();
        const std::uint32_t directory_count = *LittleEndian(header, directories - 4).u32();
        checksum_ = {optional_at_ + 64, optional_at_ + 68};
        headers_end_ = headers_size;
        if (headers_end_ > source_.size || headers_end_ < sections_at_ + section_count_ * section_header)
            return malformed("the size of its headers is wrong");
        if (directory_count <= certificate_directory) return {};
        const std::size_t entry = directories + certificate_directory * 8;
        const auto address = LittleEndian(header, entry).u32();
        const auto size = address ? LittleEndian(header, entry + 4).u32() : std::nullopt;
        if (!size) return malformed("its directories are cut");
        certificate_entry_ = Range{optional_at_ + entry, optional_at_ + entry + 8};
        certificates_ = *size;
        if (*size != 0 && std::uint64_t{*address} + *size != source_.size)
            return malformed("its signatures are not at its end");
        return {};
    }

    Result<void> sections() {
        const auto table = bytes(sections_at_, std::size_t{section_count_} * section_header);
        if (!table) return table.error();
        for (std::size_t i = 0; i < section_count_; ++i) {
            LittleEndian in(*table, i * section_header + 16);
            const std::uint64_t size = *in.u32();
            const std::uint64_t at = *in.u32();
            if (size == 0) continue;
            if (at + size > source_.size) return malformed("a section reaches past its end");
            sections_.push_back({at, at + size});
        }
        std::ranges::sort(sections_, {}, &Range::begin);
        for (std::size_t i = 0; i < sections_.size(); ++i) {
            const std::uint64_t before = i == 0 ? headers_end_ : sections_[i - 1].end;
            if (sections_[i].begin < before) return malformed("its sections overlap");
        }
        return {};
    }

    Result<std::vector<Range>> rest() const {
        std::vector<Range> out = {{0, checksum_.begin}};
        if (certificate_entry_) {
            out.push_back({checksum_.end, certificate_entry_->begin});
            out.push_back({certificate_entry_->end, headers_end_});
        } else {
            out.push_back({checksum_.end, headers_end_});
        }
        std::uint64_t hashed = headers_end_;
        for (const Range& section : sections_) {
            out.push_back(section);
            hashed += section.end - section.begin;
        }
        // What lies behind the sections, without the signatures. Gaps between sections are not hashed, and the
        // specification counts what was: with gaps the end of the file is hashed from there on.
        if (hashed + certificates_ > source_.size) return malformed("its signatures overlap its sections");
        out.push_back({hashed, source_.size - certificates_});
        return out;
    }

    const PeSource& source_;
    std::uint16_t section_count_ = 0;
    std::uint64_t optional_at_ = 0;
    std::uint64_t sections_at_ = 0;
    std::uint64_t headers_end_ = 0;
    std::uint64_t certificates_ = 0;
    Range checksum_{0, 0};
    std::optional<Range> certificate_entry_;
    std::vector<Range> sections_;
};

Result<void> add_range(const PeSource& source, const Range& range, std::vector<TcgHash>& hashes) {
    std::array<char, block> buffer;
    for (std::uint64_t at = range.begin; at < range.end;) {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(block, range.end - at));
        if (!source.read(at, buffer.data(), size)) return Error{"the file cannot be read", EIO};
        for (TcgHash& hash : hashes)
            hash.add({buffer.data(), size});
        at += size;
    }
    return {};
}

bool read_all(int fd, std::uint64_t offset, char* into, std::size_t size) {
    while (size > 0) {
        const ssize_t got = pread(fd, into, size, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        into += got;
        offset += static_cast<std::uint64_t>(got);
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

}  // namespace

Result<std::vector<TcgDigest>> pe_digests(const PeSource& source, const std::vector<HashAlgorithm>& algorithms) {
    const auto ranges = Layout(source).ranges();
    if (!ranges) return ranges.error();
    std::vector<TcgHash> hashes;
    for (const HashAlgorithm algorithm : algorithms) {
        auto hash = TcgHash::make(algorithm);
        if (!hash) return Error{"this digest cannot be computed here", ENOTSUP};
        hash->begin();
        hashes.push_back(std::move(*hash));
    }
    for (const Range& range : *ranges) {
        if (auto added = add_range(source, range, hashes); !added) return added.error();
    }
    std::vector<TcgDigest> digests;
    for (TcgHash& hash : hashes)
        digests.push_back(hash.finish());
    return digests;
}

Result<TcgDigest> pe_section_digest(const PeSource& source, std::string_view name, HashAlgorithm algorithm) {
    const auto range = Layout(source).section(name);
    if (!range) return range.error();
    auto hash = TcgHash::make(algorithm);
    if (!hash) return Error{"this digest cannot be computed here", ENOTSUP};
    hash->begin();
    std::vector<TcgHash> hashes;
    hashes.push_back(std::move(*hash));
    if (auto added = add_range(source, *range, hashes); !added) return added.error();
    return hashes.front().finish();
}

Result<std::vector<TcgDigest>> pe_digests(int fd, const std::vector<HashAlgorithm>& algorithms) {
    const auto source = file_pe_source(fd);
    if (!source) return source.error();
    return pe_digests(*source, algorithms);
}

Result<PeSource> file_pe_source(int fd) {
    struct stat status {};
    if (fstat(fd, &status) != 0) return Error{"the file cannot be read", errno};
    if (!S_ISREG(status.st_mode)) return Error{"not a regular file", EINVAL};
    return PeSource{
        static_cast<std::uint64_t>(status.st_size),
        [fd](std::uint64_t offset, char* into, std::size_t size) { return read_all(fd, offset, into, size); }};
}

PeSource memory_pe_source(std::string_view bytes) {
    return {bytes.size(), [bytes](std::uint64_t offset, char* into, std::size_t size) {
                if (offset > bytes.size() || size > bytes.size() - offset) return false;
                std::memcpy(into, bytes.data() + offset, size);
                return true;
            }};
}

}  // namespace integrityd
