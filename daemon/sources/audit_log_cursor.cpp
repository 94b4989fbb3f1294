#include "sources/audit_log_cursor.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace integrityd {

namespace {

constexpr std::string_view version = "audit-log-1";
constexpr std::size_t longest_text = 1024;

// Takes one word after the other; after the first that is none, all fail.
class Words {
public:
    explicit Words(std::string_view text) : rest_(text) {}

    std::string_view next() {
        const std::size_t end = rest_.find(' ');
        const std::string_view word = rest_.substr(0, end);
        // A text that ends with a space has one more word, an empty one.
        more_ = end != std::string_view::npos;
        rest_ = more_ ? rest_.substr(end + 1) : std::string_view();
        return word;
    }
    template <typename Number>
    Number number(Number most = std::numeric_limits<Number>::max()) {
        const std::string_view word = next();
        Number value = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
        good_ = good_ && error == std::errc() && end == word.data() + word.size() && value <= most &&
                std::to_string(value) == word;
        return value;
    }
    Sha256Digest digest() {
        const std::string_view word = next();
        const auto bytes = from_hex(word);
        Sha256Digest digest{};
        good_ = good_ && bytes && bytes->size() == digest.size() && to_hex(*bytes) == word;
        if (good_) std::copy(bytes->begin(), bytes->end(), digest.begin());
        return digest;
    }
    [[nodiscard]] bool over() const { return good_ && !more_; }

private:
    std::string_view rest_;
    bool good_ = true;
    bool more_ = true;
};

}  // namespace

std::string to_text(const AuditLogCursor& cursor) {
    std::string text(version);
    const auto add = [&text](const std::string& word) { text.append(1, ' ').append(word); };
    for (const std::uint64_t number : {cursor.device, cursor.inode, cursor.offset})
        add(std::to_string(number));
    add(std::to_string(cursor.modified));
    add(std::to_string(cursor.head_size));
    add(to_hex(cursor.head));
    add(std::to_string(cursor.block_size));
    add(to_hex(cursor.block));
    add(std::to_string(cursor.sealed_blocks));
    add(to_hex(cursor.seal));
    return text;
}

std::optional<AuditLogCursor> parse_audit_log_cursor(std::string_view text) {
    if (text.size() > longest_text) return std::nullopt;
    Words words(text);
    if (words.next() != version) return std::nullopt;
    AuditLogCursor cursor;
    cursor.device = words.number<std::uint64_t>();
    cursor.inode = words.number<std::uint64_t>();
    // A file's length is an off_t.
    cursor.offset = words.number<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    cursor.modified = words.number<std::int64_t>();
    cursor.head_size = words.number<std::uint64_t>(std::min(cursor.offset, longest_cursor_head));
    cursor.head = words.digest();
    cursor.block_size = words.number<std::uint64_t>(std::min(cursor.offset, longest_cursor_block));
    cursor.block = words.digest();
    cursor.sealed_blocks = words.number<std::uint64_t>();
    cursor.seal = words.digest();
    if (!words.over()) return std::nullopt;
    return cursor;
}

Sha256Digest extend_seal(const Sha256Digest& seal, const Sha256Digest& block) {
    Sha256 hash;
    for (const Sha256Digest& part : {seal, block})
        hash.update({reinterpret_cast<const char*>(part.data()), part.size()});
    return hash.finish();
}

}  // namespace integrityd
