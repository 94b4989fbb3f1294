#include "sources/aide_json_scanner.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace integrityd {

namespace {

bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

// Characters of numbers, true, false and null.
bool is_plain(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' ||
           c == '.';
}

void append_utf8(std::string& out, std::uint32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0 | code >> 6);
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else {
        out += static_cast<char>(0xe0 | code >> 12);
        out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    }
}

}  // namespace

std::size_t AideJsonScanner::feed(std::string_view bytes) {
    std::size_t i = 0;
    while (i < bytes.size() && !document_ended_) {
        switch (state_) {
            case State::string:
                i += string(bytes.substr(i));
                break;
            case State::escape:
                escape(bytes[i++]);
                break;
            case State::unicode:
                unicode(bytes[i++]);
                break;
            case State::lost:
                lost(bytes[i]);
                // A brace at the beginning of a line is looked at again.
                i += state_ == State::value ? 0 : 1;
                break;
            case State::plain:
                if (is_plain(bytes[i]))
                    put(bytes[i++]);
                else
                    end_plain(bytes[i]);
                break;
            default:
                structure(bytes[i]);
                // The brace that does not fit may be where the next report begins.
                if (state_ == State::lost && bytes[i] == '{') matched_ = 1;
                ++i;
                break;
        }
    }
    document_ended_ = false;
    return i;
}

// Takes the run up to the next quote or backslash.
std::size_t AideJsonScanner::string(std::string_view bytes) {
    std::size_t end = 0;
    while (end < bytes.size() && bytes[end] != '"' && bytes[end] != '\\')
        ++end;
    put(bytes.substr(0, end));
    if (end == bytes.size()) return end;
    if (bytes[end] == '"')
        end_string();
    else
        state_ = State::escape;
    return end + 1;
}

void AideJsonScanner::put(std::string_view bytes) {
    const std::size_t room = max_string - text_.size();
    if (bytes.size() > room) cut_ = true;
    text_ += bytes.substr(0, room);
}

void AideJsonScanner::escape(char c) {
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
    state_ = State::string;
    if (c == 'u') {
        state_ = State::unicode;
        digit_count_ = 0;
        return;
    }
    const std::size_t found = names.find(c);
    if (found == std::string_view::npos) return broken("an escape that JSON does not have");
    put(meant[found]);
}

void AideJsonScanner::unicode(char c) {
    digits_[digit_count_++] = c;
    if (digit_count_ < digits_.size()) return;
    state_ = State::string;
    const char* const end = digits_.data() + digits_.size();
    std::uint32_t code = 0;
    const auto [stopped, error] = std::from_chars(digits_.data(), end, code, decimal_escapes_ ? 10 : 16);
    if (error != std::errc() || stopped != end || (decimal_escapes_ && code > 0xff) ||
        (code >= 0xd800 && code <= 0xdfff)) {
        return broken("a \\u escape that cannot be read");
    }
    if (code > 9) met_ambiguous_escape_ = true;
    std::string decoded;
    // Decimal ones stand for a byte, the others for a character.
    if (decimal_escapes_)
        decoded += static_cast<char>(code);
    else
        append_utf8(decoded, code);
    put(decoded);
}

void AideJsonScanner::end_string() {
    if (is_key_) {
        state_ = State::colon;
        visitor_.key(text_, cut_);
    } else {
        after_value();
        visitor_.scalar(text_, cut_);
    }
}

void AideJsonScanner::end_plain(char c) {
    if (!is_space(c) && c != ',' && c != '}' && c != ']') return broken("a value that JSON does not have");
    after_value();
    visitor_.scalar(text_, cut_);
}

void AideJsonScanner::after_value() {
    state_ = State::next;
}

void AideJsonScanner::structure(char c) {
    if (is_space(c)) return;
    switch (state_) {
        case State::value:
            return begin_value(c);
        case State::first:
            if (c == '}' || c == ']') return close(c == ']');
            if (arrays_[depth_ - 1]) return begin_value(c);
            [[fallthrough]];
        case State::key:
            if (c != '"') return broken("a member without a name");
            is_key_ = true;
            cut_ = false;
            text_.clear();
            state_ = State::string;
            return;
        case State::colon:
            if (c != ':') return broken("a name without a value");
            state_ = State::value;
            return;
        default:
            break;  // State::next
    }
    if (c == '}' || c == ']') return close(c == ']');
    if (c != ',') return broken("a comma is missing");
    state_ = arrays_[depth_ - 1] ? State::value : State::key;
}

void AideJsonScanner::begin_value(char c) {
    if (c == '{' || (c == '[' && depth_ > 0)) return open(c == '[');
    if (depth_ == 0) return broken("text between the reports");
    text_.clear();
    cut_ = false;
    is_key_ = false;
    if (c == '"') {
        state_ = State::string;
    } else if (is_plain(c)) {
        text_ += c;
        state_ = State::plain;
    } else {
        broken("a value that JSON does not have");
    }
}

void AideJsonScanner::open(bool array) {
    if (depth_ == max_depth) return broken("nested deeper than AIDE does");
    arrays_[depth_++] = array;
    state_ = State::first;
    visitor_.open(array);
}

void AideJsonScanner::close(bool array) {
    if (arrays_[depth_ - 1] != array) return broken("brackets that do not match");
    --depth_;
    visitor_.close();
    if (depth_ > 0) return after_value();
    state_ = State::value;
    document_ended_ = true;
    visitor_.end_document();
}

void AideJsonScanner::broken(std::string_view reason) {
    depth_ = 0;
    state_ = State::lost;
    line_start_ = false;
    matched_ = 0;
    visitor_.broken(reason);
}

// A report begins with a brace at the beginning of a line; or, where the one before was cut off
// inside a line, with the brace and the first member at the indentation that only it has.
void AideJsonScanner::lost(char c) {
    constexpr std::string_view beginning = "{\n  \"";
    if (line_start_ && c == '{') {
        state_ = State::value;
        return;
    }
    line_start_ = c == '\n';
    if (c != beginning[matched_]) matched_ = 0;
    if (c == beginning[matched_]) ++matched_;
    if (matched_ < beginning.size()) return;
    state_ = State::value;
    structure('{');
    structure('"');
}

}  // namespace integrityd
