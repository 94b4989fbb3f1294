#include "sources/aide_json_report.hpp"

#include <algorithm>
#include <charconv>

namespace integrityd {

namespace {

// From here on `\uNNNN` has hexadecimal digits.
constexpr std::uint32_t first_hexadecimal = 19002;

struct FieldName {
    std::string_view name;
    AideField field;
};
constexpr FieldName field_names[] = {
    {"outline", AideField::outline},
    {"aide_version", AideField::version},
    {"start_time", AideField::start_time},
    {"end_time", AideField::end_time},
    {"limit", AideField::limit},
    {"root_prefix", AideField::root_prefix},
    {"report_level", AideField::report_level},
    {"config_version", AideField::config_version},
    {"new_database", AideField::new_database},
};

}  // namespace

std::size_t AideJsonReport::feed(std::string_view bytes) {
    if (!open_) begin();
    return scanner_.feed(bytes);
}

void AideJsonReport::begin() {
    open_ = true;
    lines_ = ended_ = started_ = version_known_ = lost_ = false;
    scanner_.set_decimal_escapes(true);
    scanner_.forget_ambiguous_escape();
    handler_.begin_report(AideFormat::json);
}

void AideJsonReport::end(bool ended) {
    if (!open_) return;
    open_ = false;
    handler_.end_report(ended);
}

void AideJsonReport::finish() {
    end(false);
}

void AideJsonReport::open(bool array) {
    if (depth_ == 0) {
        // After something broken the next document is another report.
        if (lost_) end(false);
        if (!open_) begin();
        section_ = lines_ ? Section::none : Section::fields;
        first_key_ = true;
    }
    ++depth_;
    if (!lines_ && depth_ == 2) begin_section(name_);
    if (level() == 2) list_is_array_ = array && section_ == Section::list;
    if (level() == 2 && array && !list_is_array_) section_ = Section::skip;
    if (level() == 3 && section_ == Section::list) handler_.fault("an entry that is no text");
}

void AideJsonReport::key(std::string_view name, bool cut) {
    if (first_key_) {
        first_key_ = false;
        type_follows_ = name == "type";
        if (type_follows_) return;
        if (lines_) handler_.fault("a line without a type");
    }
    switch (level()) {
        case 1:
            name_ = name;
            return;
        case 2:
            path_ = name;
            path_cut_ = cut;
            wanted_ = section_ == Section::details && handler_.begin_details(path_);
            return;
        case 3:
            attribute_ = name;
            return;
        case 4:
            side_ = name == "old" ? AideSide::old_value : AideSide::new_value;
            return;
        default:
            return;
    }
}

void AideJsonReport::scalar(std::string_view value, bool cut) {
    if (type_follows_) {
        type_follows_ = false;
        return begin_line(value);
    }
    switch (level()) {
        case 1:
            return field(name_, value);
        case 2:
            if (section_ == Section::counts) return count(path_, value);
            if (section_ == Section::different) return handler_.different_attributes();
            // A list of paths where the report does not summarize: the value is the path.
            if (section_ == Section::list && list_is_array_) return entry(value, cut, "");
            if (section_ == Section::list || section_ == Section::entries) return entry(path_, path_cut_, value);
            return;
        case 3:
            if (section_ == Section::databases) handler_.database(path_, attribute_, value);
            return;
        default:
            if (section_ == Section::details && wanted_) handler_.detail(attribute_, side_, value, cut);
    }
}

void AideJsonReport::field(std::string_view name, std::string_view value) {
    const auto* const found = std::find_if(std::begin(field_names), std::end(field_names),
                                           [name](const FieldName& known) { return known.name == name; });
    if (found == std::end(field_names)) return;
    if (found->field == AideField::start_time) started_ = true;
    if (found->field == AideField::end_time) ended_ = true;
    if (found->field == AideField::version) {
        version_known_ = true;
        scanner_.set_decimal_escapes(aide_version_number(value) < first_hexadecimal);
        scanner_.forget_ambiguous_escape();
    }
    handler_.field(found->field, value);
}

void AideJsonReport::count(std::string_view name, std::string_view value) {
    std::uint64_t number = 0;
    const auto [stopped, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || stopped != value.data() + value.size()) return handler_.fault("a number that is none");
    if (name == "total") return handler_.stated_total(number);
    if (const auto kind = row_kind(name)) handler_.stated_rows(*kind, number);
}

void AideJsonReport::entry(std::string_view path, bool cut, std::string_view flags) {
    auto kind = kind_;
    if (section_ == Section::entries) {
        const auto told = row_kind(flags);
        if (!told) handler_.fault("an entry of unknown kind");
        kind = told.value_or(AideRowKind::changed);
    }
    if (!version_known_ && scanner_.met_ambiguous_escape())
        handler_.fault("names are escaped before the version is told");
    if (cut) return handler_.unreadable_row(kind);
    handler_.row(kind, path, row_kind(flags) && flags.size() > 8 ? flags : std::string_view());
}

void AideJsonReport::begin_section(std::string_view name) {
    list_is_array_ = false;
    path_.clear();
    path_cut_ = false;
    section_ = Section::skip;
    if (name == "number_of_entries") section_ = Section::counts;
    if (name == "entries") section_ = Section::entries;
    if (name == "details") section_ = Section::details;
    if (name == "databases") section_ = Section::databases;
    if (name == "different_attributes") section_ = Section::different;
    if (name != "added" && name != "removed" && name != "changed") return;
    section_ = Section::list;
    kind_ = *row_kind(name);
}

// The "type" of a JSON line, in the words of a JSON report.
void AideJsonReport::begin_line(std::string_view type) {
    if (!lines_) handler_.begin_report(AideFormat::json_lines);
    lines_ = true;
    if ((type == "startup" || type == "different_attributes") && started_) {
        // The one before was cut off, and another was appended.
        end(false);
        begin();
        handler_.begin_report(AideFormat::json_lines);
        lines_ = true;
    }
    if (type == "addition") return begin_section("added");
    if (type == "removal") return begin_section("removed");
    if (type == "change") return begin_section("changed");
    begin_section(type);
    // startup, outline, config, shutdown: their members are fields.
    if (section_ == Section::skip) section_ = Section::fields;
}

void AideJsonReport::end_document() {
    if (!lines_) return end(ended_ && !lost_);
    if (ended_) end(!lost_);
}

void AideJsonReport::broken(std::string_view reason) {
    depth_ = 0;
    lost_ = true;
    handler_.fault(reason);
}

}  // namespace integrityd
