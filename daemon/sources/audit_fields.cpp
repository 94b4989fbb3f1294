#include "sources/audit_fields.hpp"

#include <algorithm>
#include <array>

namespace integrityd {

namespace {

constexpr std::array<bool, 256> name_characters = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-[]."))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

// How many bytes in front may be part of a name.
std::size_t name_length(std::string_view text) {
    std::size_t length = 0;
    while (length < text.size() && name_characters[static_cast<unsigned char>(text[length])])
        ++length;
    return length;
}

// Values are short: a loop is faster here than a call of memchr().
std::size_t find_space(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size() && text[at] != ' ')
        ++at;
    return at;
}

// " (enforce)", " (deleted)" and one byte behind it.
constexpr std::size_t max_remark = 32;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

// "(hostname=?, addr=?, terminal=cron res=success)": punctuation of old PAM messages is no part of the values, nor is a
// quote that was never opened.
std::string_view without_punctuation(std::string_view value) {
    if (value.empty() || name_characters[static_cast<unsigned char>(value.back())]) return value;
    if (value.ends_with('"')) value.remove_suffix(1);
    if (value.ends_with(')') && value.find('(') == std::string_view::npos) value.remove_suffix(1);
    if (value.ends_with(',')) value.remove_suffix(1);
    return value;
}

}  // namespace

// Up to the next space; a word in parentheses behind it belongs to it: `subj==/usr/sbin/ntpd (enforce)`,
// `exe=/usr/bin/x (deleted)`.
std::string_view AuditFieldWalker::take_plain() {
    std::size_t end = find_space(rest_);
    const std::string_view behind = rest_.substr(end, max_remark);
    if (end > 0 && behind.starts_with(" (")) {
        const std::size_t close = behind.find(')');
        const std::string_view word = behind.substr(0, close);
        const bool whole = close != std::string_view::npos && (close + 1 == behind.size() || behind[close + 1] == ' ');
        if (whole && word.find('=') == std::string_view::npos && word.find(' ', 1) == std::string_view::npos) {
            end += close + 1;
        }
    }
    const std::string_view value = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return value;
}

std::string_view AuditFieldWalker::take_value(std::string_view name, AuditField& field) {
    const char first = rest_.empty() ? ' ' : rest_.front();
    if (first == '"') {
        // The kernel quotes only text without a quote in it. Without the second one the rest is the value.
        rest_.remove_prefix(1);
        field.quoted = true;
        const std::size_t end = std::min(rest_.find('"'), rest_.size());
        const std::string_view value = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        return value;
    }
    if (first == '\'') {
        // A message is the last field, and a program may have written apostrophes into it: the last one ends it.
        rest_.remove_prefix(1);
        at_message_ = name == "msg";
        const std::size_t end = std::min(rest_.rfind('\''), rest_.size());
        const std::string_view value = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        return value;
    }
    if (rest_.starts_with("{ ") && !no_brace_) {
        // SADDR={ saddr_fam=local path=… }: a socket's path may hold braces, and the field stands alone.
        const std::size_t end = rest_.rfind(" }");
        if (end != std::string_view::npos && end > 0) {
            const std::string_view value = rest_.substr(0, end + 2);
            rest_.remove_prefix(end + 2);
            return value;
        }
        no_brace_ = true;  // nor further on
    }
    return without_punctuation(take_plain());
}

// `avc:  denied  { read write } for  pid=…`: the verdict is a word, and the permissions stand in braces.
bool AuditFieldWalker::access_vector(std::string_view word, AuditField& field) {
    if (word == "avc:") {
        access_vector_ = true;
        return false;
    }
    if (!access_vector_) return false;
    if (word == "denied" || word == "granted") {
        field = {.name = "seresult", .value = word};
        return true;
    }
    if (word != "{") return false;
    access_vector_ = false;
    const std::size_t end = std::min(rest_.find('}'), rest_.size());
    field = {.name = "seperms", .value = trimmed(rest_.substr(0, end))};
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return true;
}

// The field is made where it is returned: moving it costs more than finding it.
std::optional<AuditField> AuditFieldWalker::next() {
    std::optional<AuditField> found(std::in_place);
    at_message_ = false;
    while (!take_field(*found)) {
        if (!rest_.empty()) continue;
        found.reset();
        break;
    }
    return found;
}

// One word; whether it was a field.
bool AuditFieldWalker::take_field(AuditField& field) {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '('))
        rest_.remove_prefix(1);
    std::size_t end = name_length(rest_);
    const bool is_name = end > 0 && end < rest_.size() && rest_[end] == '=';
    while (end < rest_.size() && rest_[end] != ' ' && rest_[end] != '=')
        ++end;
    const std::string_view word = rest_.substr(0, end);
    const bool has_value = end < rest_.size() && rest_[end] == '=';
    rest_.remove_prefix(has_value ? end + 1 : end);
    if (!has_value) return access_vector(word, field);
    field.name = word;
    field.quoted = false;
    field.value = take_value(word, field);
    return is_name;
}

std::optional<AuditField> find_field(const AuditRecord& record, std::string_view name) {
    std::optional<AuditField> found;
    for_each_field(record, [&](const AuditField& field) {
        if (field.name == name) found = field;
        return !found;
    });
    return found;
}

std::optional<AuditField> find_enriched(const AuditRecord& record, std::string_view name) {
    AuditFieldWalker walker(record.enriched);
    while (auto field = walker.next()) {
        if (field->name == name) return field;
    }
    return std::nullopt;
}

}  // namespace integrityd
