#include "watchers/aide/aide_path_words.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/escape.hpp"
#include "core/members.hpp"
#include "watchers/aide/aide_entry.hpp"

namespace integrityd {

namespace {

// What changes under AIDE's eyes between two whole checks; the usual path has 40 bytes.
constexpr std::size_t most_words = 4096;
constexpr std::size_t most_bytes = 1U << 20;

bool names(const AideReport& report, const std::string& path) {
    return std::ranges::any_of(std::array{AideRowKind::added, AideRowKind::removed, AideRowKind::changed},
                               [&](AideRowKind kind) { return report.paths.contains(kind, path); });
}

// Over a restart the violation itself has the word: it was found by a check of its path that ended after this report's
// check began. A time that lies ahead is of a clock that was set back since, and says nothing.
bool was_found_since(const Violation& violation, WallTime begin, WallTime now) {
    const std::uint64_t end = number_at(violation.details, "report_end");
    return flag_at(violation.details, path_check_mark) == true && begin != 0 && end > begin && end <= now;
}

}  // namespace

AidePathWords::AidePathWords(const EventLoop& loop, const Clock& clock) : loop_(loop), clock_(clock) {
    see_clock();
}

void AidePathWords::see_clock() {
    highest_lead_ = std::max(highest_lead_, Duration(static_cast<std::int64_t>(clock_.wall())) - loop_.now());
}

Monotonic AidePathWords::earliest_begin(const AideReport& report) {
    see_clock();
    return Duration(static_cast<std::int64_t>(report.start)) - highest_lead_;
}

bool AidePathWords::began_after(const AideReport& report, Monotonic moment) {
    return earliest_begin(report) > moment;
}

void AidePathWords::said(const AideReport& report, const std::vector<std::string>& paths) {
    see_clock();
    for (const std::string& path : paths) {
        if (!words_.contains(path)) {
            if (words_.size() >= most_words || bytes_ + path.size() > most_bytes) forget_all();
            bytes_ += path.size();
        }
        words_[path] = {loop_.now(), names(report, path)};
    }
}

void AidePathWords::forget_all() {
    words_.clear();
    bytes_ = 0;
    forgotten_ = loop_.now();
}

void AidePathWords::forget_before(Monotonic begin) {
    std::erase_if(words_, [&](const auto& each) {
        if (each.second.said >= begin) return false;
        bytes_ -= each.first.size();
        return true;
    });
}

std::vector<std::string> AidePathWords::leave_out(Look& look, const std::shared_ptr<const AideReport>& report) {
    const Monotonic begin = earliest_begin(*report);
    const auto left = std::make_shared<std::set<std::string>>();  // as subjects
    std::vector<std::string> contradicted;
    if (look.complete) forget_before(begin);
    for (const auto& [path, word] : words_) {
        if (word.said < begin) continue;
        left->insert(escape(path));
        const bool named = names(*report, path);
        // Where the look is not complete it says nothing of what it does not name.
        if (word.differs != named && (named || look.complete)) contradicted.push_back(path);
    }
    std::erase_if(look.seen, [&left](const Observation& seen) { return left->contains(seen.subject); });
    look.still_present = [left, report, forgotten = forgotten_ != Monotonic{0} && forgotten_ >= begin,
                          now = clock_.wall(), before = std::move(look.still_present)](const Violation& violation) {
        return forgotten || left->contains(violation.subject) || was_found_since(violation, report->start, now) ||
               (before && before(violation));
    };
    return contradicted;
}

}  // namespace integrityd
