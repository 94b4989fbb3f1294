#include "sources/audit_line_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace integrityd {

namespace {

// In front of what auditd adds for people (log_format = ENRICHED).
constexpr char enriched_mark = '\x1d';

bool has(std::string_view text, char c) {
    return !text.empty() && std::memchr(text.data(), c, text.size()) != nullptr;
}

}  // namespace

// One look at the whole chunk costs a tenth of a look at each line.
void AuditLineReader::feed(std::string_view chunk) {
    chunk_ = chunk;
    const bool suspect = has(chunk, '\0') || has(chunk, '\r');
    suspect_ = suspect || (suspect_ && partial_bytes_ > 0);
    enriched_ = has(chunk, enriched_mark) || (enriched_ && partial_bytes_ > 0);
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

bool AuditLineReader::is_usable(std::string_view& text) {
    const bool nul_in_front = !text.empty() && text.front() == '\0';
    if (nul_in_front) text.remove_prefix(std::min(text.find_first_not_of('\0'), text.size()));
    const bool usable = !text.empty() && !(suspect_ && (has(text, '\0') || has(text, '\r')));
    if (!usable || nul_in_front) ++counters_.malformed;
    return usable;
}

// `text` may be shorter than the line of `length` bytes was.
bool AuditLineReader::tell(std::string_view text, std::uint64_t length, AuditLine& line) {
    offset_ += length + 1;
    const std::size_t kept = std::min(text.size(), max_line);
    line.text = text.substr(0, kept);
    line.end_offset = offset_;
    line.cut = kept < length;
    line.may_be_enriched = enriched_;
    if (!is_usable(line.text)) return false;
    ++counters_.lines;
    if (line.cut) {
        ++counters_.cut;
        counters_.skipped_bytes += length - kept;
    }
    return true;
}

bool AuditLineReader::take_line(AuditLine& line) {
    const auto* const end = static_cast<const char*>(std::memchr(chunk_.data(), '\n', chunk_.size()));
    if (end == nullptr) {
        keep_partial(chunk_);
        chunk_ = {};
        return false;
    }
    const std::string_view piece(chunk_.data(), static_cast<std::size_t>(end - chunk_.data()));
    chunk_.remove_prefix(piece.size() + 1);
    if (partial_bytes_ == 0) return tell(piece, piece.size(), line);
    keep_partial(piece);
    joined_.swap(partial_);
    partial_.clear();
    return tell(joined_, std::exchange(partial_bytes_, 0), line);
}

std::optional<AuditLine> AuditLineReader::next() {
    // The line is made where it is returned: moving it costs more than finding it.
    std::optional<AuditLine> line(std::in_place);
    while (true) {
        if (chunk_.empty()) {
            line.reset();
            break;
        }
        if (take_line(*line)) break;
    }
    return line;
}

}  // namespace integrityd
