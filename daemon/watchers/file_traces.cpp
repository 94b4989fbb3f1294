#include "watchers/file_traces.hpp"

#include <algorithm>

namespace integrityd {

namespace {

constexpr WallTime second = 1'000'000;

// The record's stamp is the kernel's coarse clock, up to a tick behind the ctime, which AIDE cuts to seconds.
bool same_second(WallTime record, WallTime ctime) {
    const WallTime difference = record > ctime ? record - ctime : ctime - record;
    return difference <= 2 * second;
}

TraceConfidence weigh(const FileTrace& trace, const FileQuestion& question) {
    const bool time_fits = question.ctime && same_second(trace.time, *question.ctime);
    const bool inode_fits = question.inode && trace.identity && trace.identity->inode == *question.inode;
    if (inode_fits && time_fits) return TraceConfidence::inode_and_ctime;
    if (trace.path != question.path || trace.gone != question.removed) return TraceConfidence::none;
    return time_fits ? TraceConfidence::path_and_ctime : TraceConfidence::path;
}

template <typename Index, typename Key>
void forget(Index& index, const Key& key, std::list<FileTrace>::const_iterator position) {
    const auto [begin, end] = index.equal_range(key);
    const auto found = std::find_if(begin, end, [&](const auto& entry) { return entry.second == position; });
    if (found != end) index.erase(found);
}

}  // namespace

std::string_view to_string(TraceConfidence confidence) {
    switch (confidence) {
        case TraceConfidence::none:
            return "none";
        case TraceConfidence::path:
            return "path";
        case TraceConfidence::path_and_ctime:
            return "path+ctime";
        case TraceConfidence::inode_and_ctime:
            return "inode+ctime";
    }
    return "none";
}

void FileTraces::add(FileTrace trace) {
    if (traces_.size() >= limit_) forget_oldest();
    traces_.push_front(std::move(trace));
    const Position position = traces_.cbegin();
    if (!position->path.empty()) by_path_.emplace(position->path, position);
    if (position->identity) by_inode_.emplace(position->identity->inode, position);
}

void FileTraces::forget_oldest() {
    const Position oldest = std::prev(traces_.cend());
    forget(by_path_, oldest->path, oldest);
    if (oldest->identity) forget(by_inode_, oldest->identity->inode, oldest);
    traces_.erase(oldest);
}

FileAnswer FileTraces::find(const FileQuestion& question) const {
    const FileTrace* best = nullptr;
    auto confidence = TraceConfidence::none;
    const auto consider = [&](const FileTrace& trace) {
        const TraceConfidence weight = weigh(trace, question);
        if (weight == TraceConfidence::none) return;
        if (weight < confidence || (weight == confidence && best != nullptr && trace.time < best->time)) return;
        best = &trace;
        confidence = weight;
    };
    const auto [first_path, last_path] = by_path_.equal_range(question.path);
    for (auto entry = first_path; entry != last_path; ++entry)
        consider(*entry->second);
    if (question.inode) {
        const auto [first_inode, last_inode] = by_inode_.equal_range(*question.inode);
        for (auto entry = first_inode; entry != last_inode; ++entry)
            consider(*entry->second);
    }
    if (best == nullptr) return {};
    return {best->actor, confidence};
}

}  // namespace integrityd
