#include "sources/aide_collector.hpp"

#include <algorithm>

namespace integrityd {

namespace {

// A header value: an outline, a path, a regular expression.
constexpr std::size_t max_field = 8192;
// One attribute's value; longer ones (symlink targets, xattrs) are told by their beginning.
constexpr std::size_t max_value = 4096;
// A violation's details hold 64 KiB, old and new values and the rest of the evidence included.
constexpr std::size_t max_row_bytes = 24U << 10;
constexpr std::size_t max_row_attributes = 48;  // AIDE has 27
constexpr std::size_t max_values = 64;          // lines of an access control list
// All selected rows together: the daemon's memory limit is 48 MiB.
constexpr std::size_t max_all_bytes = 8U << 20;
constexpr std::size_t max_databases = 64;  // a digest each; two databases with eleven digests are usual
constexpr std::size_t max_diagnostics = 8192;
constexpr std::size_t max_faults = 8;

AideOutcome outcome_of(std::string_view outline) {
    const auto starts = [outline](std::string_view text) { return outline.substr(0, text.size()) == text; };
    if (starts("AIDE found NO differences between database and filesystem")) return AideOutcome::no_differences;
    if (starts("AIDE found differences between database and filesystem")) return AideOutcome::differences;
    if (outline.find("between the two databases") != std::string_view::npos) return AideOutcome::compared;
    if (starts("AIDE successfully initialized") || starts("AIDE initialized")) return AideOutcome::initialized;
    return AideOutcome::unknown;
}

std::string AideReport::*member_of(AideField field) {
    switch (field) {
        case AideField::outline:
            return &AideReport::outline;
        case AideField::version:
            return &AideReport::version;
        case AideField::start_time:
            return &AideReport::start_text;
        case AideField::end_time:
            return &AideReport::end_text;
        case AideField::limit:
            return &AideReport::limit;
        case AideField::root_prefix:
            return &AideReport::root_prefix;
        case AideField::report_level:
            return &AideReport::report_level;
        case AideField::config_version:
            return &AideReport::config_version;
        case AideField::new_database:
            return &AideReport::new_database;
    }
    return &AideReport::outline;
}

std::vector<std::string>& values(AideAttribute& attribute, AideSide side) {
    return side == AideSide::old_value ? attribute.old_values : attribute.new_values;
}

}  // namespace

void AideCollector::begin_report(AideFormat format) {
    report_ = AideReport{};
    report_.format = format;
    for (auto& rows : picked_)
        rows.clear();
    selected_ = false;
    by_path_.clear();
    current_ = nullptr;
    all_bytes_ = 0;
}

void AideCollector::field(AideField field, std::string_view value) {
    std::string& member = report_.*member_of(field);
    // A name with a line break can forge a header line where AIDE does not escape names.
    if (!member.empty() && member != value) fault("a header field is stated twice");
    member = value.substr(0, max_field);
    if (field == AideField::outline) report_.outcome = outcome_of(member);
    if (field != AideField::start_time && field != AideField::end_time) return;
    const auto time = parse_aide_time(member);
    if (!time) return fault("a time that cannot be read");
    (field == AideField::start_time ? report_.start : report_.end) = *time;
}

void AideCollector::stated_rows(AideRowKind kind, std::uint64_t number) {
    auto& stated = report_.stated.rows[static_cast<std::size_t>(kind)];
    if (stated && *stated != number) fault("a number of entries is stated twice");
    stated = number;
}

void AideCollector::row(AideRowKind kind, std::string_view path, std::string_view flags) {
    if (path.size() > AidePaths::max_path) return unreadable_row(kind);
    ++report_.seen[static_cast<std::size_t>(kind)];
    (void)report_.paths.add(kind, path);
    if (selected_) return fault("entries are listed after the details");
    auto& rows = picked_[static_cast<std::size_t>(kind)];
    if (rows.size() < max_entries_) {
        rows.push_back({kind, std::string(path), std::string(flags.substr(0, 32)), {}, 0});
    }
}

void AideCollector::unreadable_row(AideRowKind kind) {
    ++report_.seen[static_cast<std::size_t>(kind)];
    fault("an entry with a path that is too long");
}

void AideCollector::select() {
    if (selected_) return;
    selected_ = true;
    for (auto& rows : picked_) {  // in the order of importance
        const std::size_t room = max_entries_ - report_.rows.size();
        const auto last = rows.begin() + static_cast<std::ptrdiff_t>(std::min(room, rows.size()));
        std::move(rows.begin(), last, std::back_inserter(report_.rows));
        std::vector<AideRow>().swap(rows);
    }
    by_path_.resize(report_.rows.size());
    for (std::uint32_t i = 0; i < by_path_.size(); ++i)
        by_path_[i] = i;
    std::sort(by_path_.begin(), by_path_.end(),
              [this](std::uint32_t a, std::uint32_t b) { return report_.rows[a].path < report_.rows[b].path; });
}

bool AideCollector::begin_details(std::string_view path) {
    select();
    const auto found =
        std::lower_bound(by_path_.begin(), by_path_.end(), path,
                         [this](std::uint32_t a, std::string_view b) { return report_.rows[a].path < b; });
    const bool known = found != by_path_.end() && report_.rows[*found].path == path;
    current_ = known ? &report_.rows[*found] : nullptr;
    current_bytes_ = 0;
    return known;
}

// Adds as much as the limits leave.
void AideCollector::append(std::string& value, std::string_view more) {
    const std::size_t room = max_value - std::min(max_value, value.size());
    const std::size_t taken = std::min(room, more.size());
    if (taken < more.size()) ++current_->attributes_cut;
    value += more.substr(0, taken);
    current_bytes_ += taken;
    all_bytes_ += taken;
}

void AideCollector::detail(std::string_view attribute, AideSide side, std::string_view value, bool cut) {
    if (current_ == nullptr) return;
    auto& attributes = current_->attributes;
    auto found = std::find_if(attributes.begin(), attributes.end(),
                              [attribute](const AideAttribute& held) { return held.name == attribute; });
    const bool room = current_bytes_ + value.size() <= max_row_bytes && all_bytes_ + value.size() <= max_all_bytes &&
                      (found != attributes.end() || attributes.size() < max_row_attributes) &&
                      (found == attributes.end() || values(*found, side).size() < max_values);
    if (!room || attribute.size() > 64) {
        ++current_->attributes_cut;
        return;
    }
    if (found == attributes.end()) {
        found = attributes.insert(attributes.end(), AideAttribute{std::string(attribute), {}, {}});
    }
    auto& list = values(*found, side);
    list.emplace_back();
    append(list.back(), value);
    if (cut) ++current_->attributes_cut;
}

void AideCollector::continue_detail(AideSide side, std::string_view more) {
    if (current_ == nullptr || current_->attributes.empty()) return;
    auto& list = values(current_->attributes.back(), side);
    if (list.empty()) list.emplace_back();
    const bool room = current_bytes_ + more.size() <= max_row_bytes && all_bytes_ + more.size() <= max_all_bytes;
    if (room) return append(list.back(), more);
    ++current_->attributes_cut;
}

void AideCollector::database(std::string_view path, std::string_view algorithm, std::string_view digest) {
    if (report_.databases.size() >= max_databases) return fault("too many database digests");
    report_.databases.push_back({std::string(path.substr(0, max_field)), std::string(algorithm.substr(0, 32)),
                                 std::string(digest.substr(0, 256))});
}

void AideCollector::diagnostic(std::string_view line) {
    ++report_.diagnostic_lines;
    if (report_.diagnostics.size() + line.size() + 1 > max_diagnostics) return;
    if (!report_.diagnostics.empty()) report_.diagnostics += '\n';
    report_.diagnostics += line;
}

void AideCollector::fault(std::string_view reason) {
    auto& faults = report_.faults;
    if (faults.size() >= max_faults || std::find(faults.begin(), faults.end(), reason) != faults.end()) return;
    faults.emplace_back(reason);
}

void AideCollector::end_report(bool ended) {
    select();
    report_.paths.seal();
    report_.ended = ended;
    current_ = nullptr;
    sink_(std::move(report_));
    report_ = AideReport{};
}

}  // namespace integrityd
