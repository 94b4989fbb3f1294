#include "watchers/aide/aide_difference.hpp"

#include <algorithm>
#include <vector>

#include "core/digest.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

// A reply on the bus holds 1 MiB; the rest of the difference needs a fraction of what is left.
constexpr std::size_t max_shown = 512U << 10;
constexpr std::size_t max_line = 1024;

// Lengths first, so that no two entries can be written alike.
void update(Sha256& digest, const std::string& text) {
    digest.update(std::to_string(text.size()) + ':');
    digest.update(text);
}

void update(Sha256& digest, const std::vector<std::string>& texts) {
    digest.update(std::to_string(texts.size()) + ';');
    for (const auto& text : texts)
        update(digest, text);
}

void update(Sha256& digest, const AideRow& row) {
    update(digest, std::string(to_string(row.kind)));
    update(digest, row.path);
    digest.update(std::to_string(row.attributes.size()) + ';');
    for (const auto& attribute : row.attributes) {
        update(digest, attribute.name);
        update(digest, attribute.old_values);
        update(digest, attribute.new_values);
    }
}

std::vector<const AideRow*> sorted(const AideReport& report) {
    std::vector<const AideRow*> rows;
    for (const auto& row : report.rows)
        rows.push_back(&row);
    std::ranges::sort(rows, [](const AideRow* one, const AideRow* other) {
        return one->path != other->path ? one->path < other->path : one->kind < other->kind;
    });
    return rows;
}

std::string hindrance_of(const AideReport& report) {
    if (!report.rows_trusted || report.rows.size() != report.rows_seen()) {
        return "more entries differ than are told one by one (max_entries)";
    }
    for (const auto& row : report.rows) {
        if (row.attributes_cut > 0)
            return "the values of " + escape_cut(row.path, max_line) + " are too long to be told";
        if (row.attributes.empty()) {
            return "the last report does not say what " + escape_cut(row.path, max_line) +
                   " is like: let integrityd check (integrityctl check aide --wait)";
        }
    }
    return "";
}

std::string line_of(const AideRow& row) {
    std::string names;
    for (const auto& attribute : row.attributes)
        names += (names.empty() ? "" : ", ") + attribute.name;
    const std::string what = std::string(to_string(row.kind)) + " " + escape(row.path);
    return row.kind == AideRowKind::changed ? what + ": " + escape_cut(names, max_line) : what;
}

}  // namespace

AideDifference difference_of(const AideReport& report) {
    AideDifference difference;
    difference.entries = report.rows_seen();
    if (difference.entries == 0) return difference;
    difference.hindrance = hindrance_of(report);
    Sha256 digest;
    ValueList lines;
    std::size_t shown = 0;
    for (const AideRow* row : sorted(report)) {
        update(digest, *row);
        std::string line = line_of(*row);
        shown += line.size();
        if (shown <= max_shown) lines.emplace_back(std::move(line));
    }
    if (shown > max_shown && difference.hindrance.empty())
        difference.hindrance = "the entries are too many to be shown";
    if (!difference.hindrance.empty()) {
        difference.shown["not_accepted"] = difference.hindrance;
        return difference;
    }
    difference.digest = to_hex(digest.finish());
    difference.shown["sha256"] = difference.digest;
    difference.shown["accepted"] = ValueList();
    difference.shown["list"] = std::move(lines);
    return difference;
}

}  // namespace integrityd
