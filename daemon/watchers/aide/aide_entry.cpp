#include "watchers/aide/aide_entry.hpp"

#include <algorithm>

#include "catalogue_kinds.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

// A violation's details hold 64 KiB: this leaves room for the path, an actor and the rest.
constexpr std::size_t max_attributes_text = 32U << 10;
constexpr std::size_t max_value_text = 4096;
constexpr std::size_t min_cut = 40;  // escape_cut() needs as much
constexpr std::size_t max_summary = 512;

// Adds values escaped, within what is left of the room for one entry.
class AttributeWriter {
public:
    Value write(const std::vector<std::string>& values) {
        if (values.size() == 1) return one(values.front());
        ValueList list;
        for (const auto& value : values)
            list.push_back(one(value));
        return list;
    }
    [[nodiscard]] std::uint32_t cut() const { return cut_; }

private:
    Value one(const std::string& value) {
        std::string text = escape(value);
        const std::size_t room = std::min(max_value_text, max_attributes_text - std::min(max_attributes_text, used_));
        if (text.size() > room) {
            ++cut_;
            text = room < min_cut ? "" : escape_cut(value, room);
        }
        used_ += text.size();
        return text;
    }

    std::size_t used_ = 0;
    std::uint32_t cut_ = 0;
};

std::string summary_of(const AideRow& row) {
    if (row.kind == AideRowKind::added) return "is there, but not in AIDE's database";
    if (row.kind == AideRowKind::removed) return "is in AIDE's database, but no longer there";
    std::string names;
    for (const auto& attribute : row.attributes)
        names += (names.empty() ? "" : ", ") + attribute.name;
    if (names.empty()) return "is not as AIDE's database says";
    return escape_cut("is not as AIDE's database says: " + names, max_summary);
}

}  // namespace

const Kind& entry_kind(AideRowKind kind) {
    if (kind == AideRowKind::added) return kinds::aide_entry_added;
    if (kind == AideRowKind::removed) return kinds::aide_entry_removed;
    return kinds::aide_entry_changed;
}

Observation entry_observation(const AideRow& row, const AideReport& report) {
    Observation seen;
    seen.kind = &entry_kind(row.kind);
    seen.subject = escape(row.path);
    seen.summary = summary_of(row);
    seen.evidence["path"] = Bytes{row.path};
    if (!row.flags.empty()) seen.evidence["flags"] = escape(row.flags);
    AttributeWriter writer;
    ValueMap attributes;
    for (const auto& attribute : row.attributes) {
        ValueMap sides;
        if (!attribute.old_values.empty()) sides["old"] = writer.write(attribute.old_values);
        if (!attribute.new_values.empty()) sides["new"] = writer.write(attribute.new_values);
        attributes[escape(attribute.name)] = std::move(sides);
    }
    // Only some report levels list them of what was added or removed: by one level or another it is the same evidence.
    ValueMap& place = row.kind == AideRowKind::changed ? seen.evidence : seen.context;
    if (!attributes.empty()) place["attributes"] = std::move(attributes);
    const std::uint32_t cut = row.attributes_cut + writer.cut();
    if (cut > 0) place["attributes_cut"] = cut;
    if (report.end != 0) seen.context["report_end"] = report.end;
    return seen;
}

Observation flood_observation(const AideReport& report, std::size_t told) {
    Observation seen;
    seen.kind = &kinds::aide_entry_flood;
    seen.subject = "report";
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < aide_row_kinds; ++i) {
        // Rows that may be forged are not counted: what the summary states comes before all names.
        const std::uint64_t number = report.rows_trusted ? report.seen[i] : report.stated.rows[i].value_or(0);
        seen.evidence[std::string(to_string(static_cast<AideRowKind>(i)))] = number;
        all += number;
    }
    seen.evidence["told"] = std::uint64_t{told};
    seen.summary = std::to_string(all) + " entries differ, " + std::to_string(told) + " of them are told one by one";
    if (report.end != 0) seen.context["report_end"] = report.end;
    return seen;
}

}  // namespace integrityd
