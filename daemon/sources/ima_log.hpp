// The kernel's list of measured files (binary_runtime_measurements), read in pieces and never kept.
//
// Total: an entry that is not well-formed ends the list with a problem. Entries point into the bytes that were fed.
// The numbers are the machine's own (little-endian here and with ima_canonical_fmt).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sources/tcg_hash.hpp"

namespace integrityd {

// A path has at most 4 KiB, a signature some hundred bytes; "buf" of critical data (tables, policies) some hundred KiB.
inline constexpr std::uint32_t largest_ima_data = 1U << 20;

struct ImaEntry {
    std::uint64_t number = 0;  // from 0
    std::uint32_t pcr = 0;
    std::string_view template_digest;
    std::string_view template_name;
    std::string_view data;
    bool violation = false;  // all zeros instead of a digest: the file was written while it was read
};

// What most templates begin with: the file's digest and its name.
struct ImaFile {
    std::string_view algorithm;  // "sha256"; "sha1" of the oldest template, which does not say
    std::string_view digest;
    std::string_view path;
};
[[nodiscard]] std::optional<ImaFile> parse_ima_file(const ImaEntry& entry);

// Cuts the stream into entries.
class ImaLogReader {
public:
    // Takes bytes and calls `each(const ImaEntry&)` for each entry that is complete now. What is unfinished is kept: at
    // most one entry. False: the list is not well-formed, and nothing more is taken.
    template <typename Each>
    bool feed(std::string_view bytes, Each&& each) {
        if (!problem_.empty()) return false;
        if (!rest_.empty()) {
            rest_ += bytes;
            const std::size_t used = consume(rest_, each);
            rest_.erase(0, used);
        } else {
            const std::size_t used = consume(bytes, each);
            rest_.assign(bytes.substr(used));
        }
        return problem_.empty();
    }

    [[nodiscard]] std::uint64_t entries() const { return entries_; }
    // Bytes of an entry that is not complete; 0 at the end of a list.
    [[nodiscard]] std::size_t unfinished() const { return rest_.size(); }
    [[nodiscard]] const std::string& problem() const { return problem_; }
    // Of the template digests, which the first entry tells: sha1, or that of a list per algorithm (Linux 6.12).
    [[nodiscard]] HashAlgorithm algorithm() const { return algorithm_; }

private:
    template <typename Each>
    std::size_t consume(std::string_view bytes, Each& each) {
        std::size_t used = 0;
        while (used < bytes.size() && problem_.empty()) {
            ImaEntry entry;
            const std::size_t size = next(bytes.substr(used), entry);
            if (size == 0) break;
            used += size;
            entry.number = entries_++;
            each(static_cast<const ImaEntry&>(entry));
        }
        return used;
    }
    // The size of the entry that the bytes begin with; 0: not complete, or a problem.
    std::size_t next(std::string_view bytes, ImaEntry& entry);
    bool find_algorithm(std::string_view bytes);
    std::size_t fail(const std::string& why);

    std::string rest_;
    std::string problem_;
    HashAlgorithm algorithm_ = 0;
    std::uint64_t entries_ = 0;
};

// H(template data); of the template "ima" over the name filled up with zeros, as the kernel computes it.
[[nodiscard]] TcgDigest ima_template_digest(TcgHash& hash, const ImaEntry& entry);

}  // namespace integrityd
