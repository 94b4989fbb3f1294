#include "sources/aide_wrapper.hpp"

#include <algorithm>
#include <charconv>

namespace integrityd {

namespace {

// Lines of the wrapper itself, and of errors: enough to tell them by.
constexpr std::size_t max_line = 8192;
constexpr std::size_t max_failure = 1024;
constexpr std::string_view body_end_mark = "End of AIDE output.";

bool starts(std::string_view text, std::string_view with) {
    return text.substr(0, with.size()) == with;
}

bool ends(std::string_view text, std::string_view with) {
    return text.size() >= with.size() && text.substr(text.size() - with.size()) == with;
}

// The number of "NAME (N lines):".
std::optional<std::uint64_t> line_count(std::string_view text, std::string_view name) {
    if (!starts(text, name)) return std::nullopt;
    text.remove_prefix(name.size());
    std::uint64_t number = 0;
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(stopped - text.data()));
    if (error != std::errc() || text != " lines):") return std::nullopt;
    return number;
}

// The text in a box of asterisks; empty where the line is none.
std::string_view unframe(std::string_view text) {
    if (text.size() < 3 || text.front() != '*' || text.back() != '*') return {};
    const std::size_t first = text.find_first_not_of("* ");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of("* ") - first + 1);
}

}  // namespace

void AideWrapperReader::reset() {
    facts_ = AideWrapper{};
    part_ = Part::text;
    lines_left_ = 0;
    line_.clear();
}

std::size_t AideWrapperReader::feed(std::string_view bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size() && !facts_.ended) {
        const std::string_view rest = bytes.substr(taken);
        if (part_ == Part::body) {
            taken += body(rest);
            continue;
        }
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        if (line_.size() < max_line) line_ += rest.substr(0, std::min(end, max_line - line_.size()));
        taken += end;
        if (end == rest.size()) break;
        ++taken;
        line(line_);
        line_.clear();
    }
    return taken;
}

// Passes on bytes up to the stated number of line ends.
std::size_t AideWrapperReader::body(std::string_view bytes) {
    std::size_t taken = 0;
    while (lines_left_ > 0) {
        const std::size_t end = bytes.find('\n', taken);
        if (end == std::string_view::npos) {
            parts_.body(bytes);
            return bytes.size();
        }
        taken = end + 1;
        --lines_left_;
    }
    parts_.body(bytes.substr(0, taken));
    part_ = Part::body_rest;
    return taken;
}

void AideWrapperReader::line(std::string_view text) {
    switch (part_) {
        case Part::errors:
            parts_.error(text);
            if (--lines_left_ == 0) part_ = Part::text;
            return;
        case Part::script_errors:
            if (text == "End of script errors")
                part_ = Part::text;
            else
                parts_.error(text);
            return;
        case Part::body_rest:
            // A report whose last line has no end stands before the mark.
            if (text.size() >= body_end_mark.size()) parts_.body(text.substr(0, text.size() - body_end_mark.size()));
            parts_.body_end();
            part_ = Part::text;
            return;
        default:
            return text_line(text);
    }
}

void AideWrapperReader::text_line(std::string_view text) {
    const std::string_view box = unframe(text);
    if (!box.empty()) return framed(box);
    if (starts(text, "AIDE returned with ")) return exit_code(text);
    if (const auto errors = line_count(text, "AIDE error output (")) {
        lines_left_ = *errors;
        part_ = *errors > 0 ? Part::errors : Part::text;
    } else if (const auto lines = line_count(text, "AIDE output (")) {
        lines_left_ = *lines;
        part_ = *lines > 0 ? Part::body : Part::body_rest;
    } else if (starts(text, "funny, AIDE did not leave a log.")) {
        framed(text);
    } else if (starts(text, "End of AIDE daily aide check at ") && ends(text, " seconds")) {
        facts_.ended = true;
    }
}

void AideWrapperReader::exit_code(std::string_view text) {
    constexpr std::string_view zero = "AIDE returned with a zero exit code.";
    constexpr std::string_view other = "AIDE returned with exit code ";
    int code = 0;
    if (!starts(text, zero)) {
        if (!starts(text, other)) return;
        text.remove_prefix(other.size());
        const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), code);
        if (error != std::errc()) return;
    }
    facts_.exit_code = code;
}

void AideWrapperReader::framed(std::string_view text) {
    if (text == "script errors") {
        part_ = Part::script_errors;
        return;
    }
    if (starts(text, "database not present.")) facts_.no_database = true;
    exit_code(text);
    if (facts_.failure.size() + text.size() > max_failure) return;
    if (!facts_.failure.empty()) facts_.failure += "; ";
    facts_.failure += text;
}

void AideWrapperReader::finish() {
    if (!line_.empty()) line(line_);
    line_.clear();
    if (part_ == Part::body || part_ == Part::body_rest) parts_.body_end();
    part_ = Part::text;
}

}  // namespace integrityd
