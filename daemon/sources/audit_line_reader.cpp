#include "sources/audit_line_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace integrityd {

namespace {

bool has(std::string_view text, char c) {
    return !text.empty() && std::memchr(text.data(), c, text.size()) != nullptr;
}

}  // namespace

void AuditLineReader::feed(std::string_view chunk) {
    chunk_ = chunk;
}

void AuditLineReader::restart(std::uint64_t offset) {
    chunk_ = {};
    partial_.clear();
    partial_bytes_ = 0;
    offset_ = offset;
}

void AuditLineReader::keep_partial(std::string_view piece) {
    partial_bytes_ += piece.size();
    partial_.append(piece.substr(0, max_line - std::min(max_line, partial_.size())));
}

// `text` may be shorter than the line of `length` bytes was.
std::optional<AuditLine> AuditLineReader::line(std::string_view text, std::uint64_t length) {
    offset_ += length + 1;
    const std::size_t kept = std::min(text.size(), max_line);
    AuditLine result{.text = text.substr(0, kept), .end_offset = offset_, .cut = kept < length};
    const bool nul_in_front = !result.text.empty() && result.text.front() == '\0';
    if (nul_in_front) result.text.remove_prefix(std::min(result.text.find_first_not_of('\0'), kept));
    const bool unusable = result.text.empty() || has(result.text, '\0') || has(result.text, '\r');
    if (unusable || nul_in_front) ++counters_.malformed;
    if (unusable) return std::nullopt;
    ++counters_.lines;
    if (result.cut) {
        ++counters_.cut;
        counters_.skipped_bytes += length - kept;
    }
    return result;
}

std::optional<AuditLine> AuditLineReader::next() {
    while (!chunk_.empty()) {
        const auto* const end = static_cast<const char*>(std::memchr(chunk_.data(), '\n', chunk_.size()));
        if (end == nullptr) {
            keep_partial(chunk_);
            chunk_ = {};
            return std::nullopt;
        }
        const std::string_view piece(chunk_.data(), static_cast<std::size_t>(end - chunk_.data()));
        chunk_.remove_prefix(piece.size() + 1);
        std::optional<AuditLine> found;
        if (partial_bytes_ == 0) {
            found = line(piece, piece.size());
        } else {
            keep_partial(piece);
            joined_.swap(partial_);
            partial_.clear();
            const std::uint64_t length = std::exchange(partial_bytes_, 0);
            found = line(joined_, length);
        }
        if (found) return found;
    }
    return std::nullopt;
}

}  // namespace integrityd
