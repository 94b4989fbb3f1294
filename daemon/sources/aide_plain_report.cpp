#include "sources/aide_plain_report.hpp"

#include <algorithm>
#include <charconv>

namespace integrityd {

namespace {

// A path of 4096 bytes, each escaped as four, and more than the flags need.
constexpr std::size_t max_line = 32U << 10;
constexpr std::uint32_t first_escaped = 18000;  // Debian's 0.18.3 since deb12u4; older 0.18 are told by deeds

constexpr std::string_view rule = "---------------------------------------------------";
constexpr std::string_view start_mark = "Start timestamp: ";
constexpr std::string_view end_mark = "End timestamp: ";
constexpr std::string_view details_title = "Detailed information about changes:";
constexpr std::string_view databases_title = "The attributes of the (uncompressed) database(s):";
constexpr std::string_view different_mark = " in databases has different attributes: ";

bool starts(std::string_view text, std::string_view with) {
    return text.substr(0, with.size()) == with;
}

bool is_octal(char c) {
    return c >= '0' && c <= '7';
}

// "Added entries:", "Added, removed and changed entries:" …
bool is_list_title(std::string_view text) {
    constexpr std::string_view end = " entries:";
    if (text.size() < end.size() || text.substr(text.size() - end.size()) != end) return false;
    return starts(text, "Added") || starts(text, "Removed") || starts(text, "Changed");
}

// Where a row's path begins: behind the first ": /", because flags hold no '/'; 0: no row.
std::size_t path_begin(std::string_view text) {
    const std::size_t colon = text.substr(0, 24).find(": /");
    if (colon == std::string_view::npos || !row_kind(text.substr(0, colon))) return 0;
    constexpr std::string_view types = "fdlLDBFcbps?!|";
    const std::string_view flags = text.substr(0, colon);
    if (flags.size() < 15) return colon + 2;  // "added"
    if (types.find(flags.front()) == std::string_view::npos) return 0;
    constexpr std::string_view columns = " :l<>=+-.!bpugamcinHCAXSE?";
    const bool known = std::all_of(flags.begin() + 1, flags.end(), [columns](char c) {
        return columns.find(c) != std::string_view::npos || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    });
    return known ? colon + 2 : 0;
}

// What follows the last name of a list: an empty line and a rule, or two empty lines and the end.
void strip_tail(std::string& path) {
    for (const std::string& tail : {"\n\n" + std::string(rule), std::string("\n\n"), std::string("\n")}) {
        if (path.size() < tail.size() || path.compare(path.size() - tail.size(), tail.size(), tail) != 0) continue;
        return path.resize(path.size() - tail.size());
    }
}

}  // namespace

std::string unescape_aide_path(std::string_view text) {
    std::string path;
    path.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '\\' && i + 3 < text.size() && text[i + 1] <= '3' && is_octal(text[i + 1]) &&
                            is_octal(text[i + 2]) && is_octal(text[i + 3]);
        if (!escape) {
            path += text[i];
            continue;
        }
        path += static_cast<char>((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 | (text[i + 3] - '0'));
        i += 3;
    }
    return path;
}

std::size_t AidePlainReport::feed(std::string_view bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size()) {
        const std::string_view rest = bytes.substr(taken);
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::size_t room = max_line - std::min(max_line, line_.size());
        if (end > room) line_cut_ = true;
        line_ += rest.substr(0, std::min(end, room));
        taken += end;
        if (end == rest.size()) break;
        ++taken;
        line(line_);
        line_.clear();
        line_cut_ = false;
        if (ended_) break;
    }
    ended_ = false;
    return taken;
}

void AidePlainReport::finish() {
    if (!line_.empty()) line(line_);
    line_.clear();
    line_cut_ = false;
    end(false);
    ended_ = false;
}

void AidePlainReport::end(bool ended) {
    if (!open_) return;
    if (part_ == Part::list) flush_row(true);
    if (part_ == Part::databases) databases_.finish();
    open_ = false;
    ended_ = true;
    handler_.end_report(ended);
}

void AidePlainReport::line(std::string_view text) {
    if (!open_) {
        if (text.empty()) return;
        handler_.begin_report(AideFormat::plain);
        open_ = true;
        part_ = Part::before;
        in_entry_ = escaped_ = after_rule_ = has_row_ = false;
    }
    if (line_cut_) handler_.fault("a line that is too long");
    if (part_ == Part::before) return before(text);
    if (end_timestamp(text)) return;
    const bool title = after_rule_ && begin_part(text);
    after_rule_ = text == rule;
    if (title) return;
    if (part_ == Part::list) return list(text);
    if (after_rule_ || text.empty()) return;
    if (part_ == Part::head) return head(text);
    if (part_ == Part::databases) return databases_.line(text);
    if (text.front() == ' ') return details_.line(text);
    const std::string_view heading = details_heading(text);
    if (!heading.empty()) details_.begin(escaped() ? unescape_aide_path(heading) : std::string(heading));
}

void AidePlainReport::before(std::string_view text) {
    if (in_entry_ || starts(text, "Entry /")) {
        // A raw name can have line breaks in it.
        in_entry_ = text.find(different_mark) == std::string_view::npos;
        if (!in_entry_) handler_.different_attributes();
        return;
    }
    if (text.empty() || starts(text, "begin timestamp ")) return;
    if (starts(text, start_mark)) {
        const std::size_t version = text.find(" (AIDE ");
        handler_.field(AideField::start_time, text.substr(start_mark.size(), version - start_mark.size()));
        if (version != std::string_view::npos && text.back() == ')') {
            const auto name = text.substr(version + 7, text.size() - version - 8);
            handler_.field(AideField::version, name);
            escaped_ = aide_version_number(name) >= first_escaped;
        }
        part_ = Part::head;
        return;
    }
    if (starts(text, "AIDE found ") || starts(text, "AIDE initialized ") || starts(text, "AIDE successfully ")) {
        part_ = Part::head;  // minimal, and 0.16's summary, have no start
        return head(text);
    }
    handler_.diagnostic(text);
}

void AidePlainReport::head(std::string_view text) {
    constexpr std::string_view database_mark = "New AIDE database written to ";
    constexpr std::string_view old_database_mark = "AIDE initialized database at ";
    if (starts(text, database_mark)) return handler_.field(AideField::new_database, text.substr(database_mark.size()));
    if (starts(text, "AIDE ")) {
        handler_.field(AideField::outline, text);
        if (starts(text, old_database_mark)) {
            handler_.field(AideField::new_database, text.substr(old_database_mark.size()));
        }
        return;
    }
    const std::size_t tab = text.find(":\t");
    if (tab != std::string_view::npos) {
        const std::size_t value = text.find_first_not_of('\t', tab + 1);
        return number(text.substr(0, tab), value == std::string_view::npos ? "" : text.substr(value));
    }
    options(text);
}

void AidePlainReport::number(std::string_view name, std::string_view value) {
    name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
    std::uint64_t number = 0;
    const auto [stopped, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || stopped != value.data() + value.size()) return handler_.fault("a number that is none");
    if (name == "Number of entries" || name == "Total number of entries") handler_.stated_total(number);
    if (name == "Added entries") handler_.stated_rows(AideRowKind::added, number);
    if (name == "Removed entries") handler_.stated_rows(AideRowKind::removed, number);
    if (name == "Changed entries") handler_.stated_rows(AideRowKind::changed, number);
}

// "Config version used: X | Limit: R | Root prefix: P | Report level: L"
void AidePlainReport::options(std::string_view text) {
    struct Option {
        std::string_view mark;
        AideField field;
    };
    constexpr Option known[] = {{"Config version used: ", AideField::config_version},
                                {"Limit: ", AideField::limit},
                                {"Root prefix: ", AideField::root_prefix},
                                {"Report level: ", AideField::report_level},
                                {"Verbose level: ", AideField::report_level}};
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(" | "), text.size());
        const std::string_view option = text.substr(0, end);
        for (const auto& each : known) {
            if (starts(option, each.mark)) handler_.field(each.field, option.substr(each.mark.size()));
        }
        text.remove_prefix(std::min(end + 3, text.size()));
    }
}

bool AidePlainReport::list_full(AideRowKind kind) const {
    const bool pending = has_row_ && row_kind_ == kind;
    return handler_.rows_seen(kind) + (pending ? 1 : 0) >= handler_.rows_stated(kind).value_or(0);
}

bool AidePlainReport::lists_full() const {
    return list_full(AideRowKind::changed) && list_full(AideRowKind::removed) && list_full(AideRowKind::added);
}

std::optional<AidePlainReport::Part> AidePlainReport::part_titled(std::string_view title) {
    if (title == details_title) return Part::details;
    if (title == databases_title) return Part::databases;
    if (is_list_title(title)) return Part::list;
    return std::nullopt;
}

// A title between two rules: another part begins, if it may begin here.
bool AidePlainReport::begin_part(std::string_view title) {
    const std::optional<Part> next = part_titled(title);
    if (!next) return false;
    if (next == Part::list && part_ != Part::head && part_ != Part::list) return false;
    if (next == Part::details && part_ == Part::databases) return false;
    // Inside a raw name, as long as rows are missing.
    if (part_ == Part::list && !escaped() && !(next == Part::list ? list_full(row_kind_) : lists_full())) return false;
    if (part_ == Part::list) flush_row(true);
    if (part_ == Part::databases) databases_.finish();
    part_ = *next;
    return true;
}

void AidePlainReport::list(std::string_view text) {
    const std::size_t begin = path_begin(text);
    if (begin != 0) {
        flush_row(false);
        has_row_ = true;
        const std::string_view flags = text.substr(0, begin - 2);
        row_kind_ = *row_kind(flags);
        row_flags_ = flags.size() < 15 ? std::string_view() : flags;
        row_path_ = text.substr(begin);
        if (line_cut_) {
            has_row_ = false;
            handler_.unreadable_row(row_kind_);
        }
        return;
    }
    if (escaped()) {
        if (text.empty() || text == rule) return;
        // A name with a line break, written by a version that should have escaped it.
        handler_.fault("a line that is no entry in a list of entries");
        return handler_.untrusted_rows();
    }
    // A raw name goes on in this line, or the list is over: flush_row() knows.
    if (has_row_ && row_path_.size() < max_line) (row_path_ += '\n') += text;
}

void AidePlainReport::flush_row(bool end_of_list) {
    if (!has_row_) return;
    has_row_ = false;
    if (!escaped() && end_of_list) {
        strip_tail(row_path_);
    }
    handler_.row(row_kind_, escaped() ? unescape_aide_path(row_path_) : row_path_, row_flags_);
    const auto stated = handler_.rows_stated(row_kind_);
    if (!escaped() && stated && handler_.rows_seen(row_kind_) > *stated) handler_.untrusted_rows();
}

bool AidePlainReport::end_timestamp(std::string_view text) {
    if (!starts(text, end_mark)) return false;
    // Inside a raw name, as long as rows are missing.
    if (part_ == Part::list && !escaped() && !lists_full()) return false;
    const std::size_t run_time = text.find(" (run time: ");
    if (run_time == std::string_view::npos || text.back() != ')') return false;
    if (part_ == Part::list) flush_row(true);
    if (part_ == Part::databases) databases_.finish();
    handler_.field(AideField::end_time, text.substr(end_mark.size(), run_time - end_mark.size()));
    part_ = Part::head;
    end(true);
    return true;
}

}  // namespace integrityd
