#include "sources/aide_plain_details.hpp"

#include <algorithm>

namespace integrityd {

namespace {

// Where the value begins (" %-10s: " since 0.17, "  %-9s: " before), how wide the left column is.
constexpr std::size_t value_column = 13;
constexpr std::size_t value_width = 32;
constexpr std::size_t right_column = value_column + value_width + 3;
constexpr std::string_view separator = " | ";
// A digest in base64 or hexadecimal; what comes after is not part of one.
constexpr std::size_t max_digest = 256;

struct AttributeName {
    std::string_view plain;
    std::string_view json;
};
constexpr AttributeName attribute_names[] = {
    {"File type", "file_type"}, {"Bcount", "block_count"},   {"Mtime", "modify_time"}, {"Ctime", "change_time"},
    {"Atime", "access_time"},   {"Linkcount", "link_count"}, {"Lname", "link_name"},   {"Caps", "capabilities"},
};

std::string_view trim_right(std::string_view text) {
    const std::size_t last = text.find_last_not_of(' ');
    return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

// The part of `text` from `from` on, at most `size`.
std::string_view part(std::string_view text, std::size_t from, std::size_t size = std::string_view::npos) {
    return from < text.size() ? text.substr(from, size) : std::string_view();
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(' ') == std::string_view::npos;
}

// The attribute's name at the beginning of a line; empty in a line that goes on.
std::string_view attribute_of(std::string_view line) {
    if (line.size() < value_column || line.substr(value_column - 2, 2) != ": ") return {};
    std::string_view name = trim_right(line.substr(0, value_column - 2));
    name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
    return name;
}

}  // namespace

std::string aide_attribute_name(std::string_view plain) {
    for (const auto& name : attribute_names) {
        if (name.plain == plain) return std::string(name.json);
    }
    std::string lower(plain);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

std::string_view details_heading(std::string_view line) {
    if (line.empty() || line.front() == ' ') return {};
    const std::size_t colon = line.find(": /");
    // "Character device" is the longest; none is npos, which is more too.
    if (colon > 20) return {};
    return line.substr(colon + 2);
}

void AidePlainDetails::begin(std::string_view path) {
    wanted_ = handler_.begin_details(path);
    attribute_.clear();
}

void AidePlainDetails::line(std::string_view text) {
    if (!wanted_) return;
    const std::string_view name = attribute_of(text);
    if (!name.empty()) {
        attribute_ = aide_attribute_name(name);
        list_ = attribute_ == "acl" || attribute_ == "xattrs";
        wrapped_old_ = wrapped_new_ = false;
    }
    if (attribute_.empty()) return;
    const bool two = text.size() >= right_column && text.substr(right_column - separator.size(), 3) == separator;
    const bool right_only =
        !two && text.size() > right_column && is_blank(text.substr(value_column, right_column - value_column));
    const std::string_view left = trim_right(two ? part(text, value_column, value_width) : part(text, value_column));
    const std::string_view right = two || right_only ? part(text, right_column) : std::string_view();
    if (!right_only) {
        value(AideSide::old_value, left, name.empty(), wrapped_old_);
        wrapped_old_ = left.size() == value_width;
    }
    if (two || right_only) {
        value(AideSide::new_value, right, name.empty(), wrapped_new_);
        wrapped_new_ = right.size() == value_width;
    }
}

void AidePlainDetails::value(AideSide side, std::string_view text, bool continues, bool wrapped) {
    if (text.empty()) return;
    if (continues && (!list_ || wrapped)) return handler_.continue_detail(side, text);
    handler_.detail(attribute_, side, text, false);
}

void AidePlainDatabases::line(std::string_view text) {
    if (!text.empty() && text.front() != ' ') {
        finish();
        path_ = text;
        return;
    }
    const std::string_view name = attribute_of(text);
    if (!name.empty()) {
        finish();
        algorithm_ = aide_attribute_name(name);
    }
    if (!algorithm_.empty() && digest_.size() < max_digest) digest_ += trim_right(part(text, value_column, max_digest));
}

void AidePlainDatabases::finish() {
    if (!algorithm_.empty() && !digest_.empty()) handler_.database(path_, algorithm_, digest_);
    algorithm_.clear();
    digest_.clear();
}

}  // namespace integrityd
