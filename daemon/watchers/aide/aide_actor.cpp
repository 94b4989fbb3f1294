#include "watchers/aide/aide_actor.hpp"

#include <charconv>

#include "catalogue_kinds.hpp"
#include "sources/aide_report.hpp"

namespace integrityd {

namespace {

constexpr WallTime second = 1'000'000;

// The new side of an attribute; none: it is not part of the entry, or did not change.
const std::string* new_value(const Observation& entry, const char* name) {
    const auto attributes = entry.evidence.find("attributes");
    const auto* const map = attributes != entry.evidence.end() ? attributes->second.get<ValueMap>() : nullptr;
    const auto attribute = map != nullptr ? map->find(name) : ValueMap::const_iterator();
    if (map == nullptr || attribute == map->end()) return nullptr;
    const auto* const sides = attribute->second.get<ValueMap>();
    const auto side = sides != nullptr ? sides->find("new") : ValueMap::const_iterator();
    return sides != nullptr && side != sides->end() ? side->second.get<std::string>() : nullptr;
}

FileQuestion question_of(const Observation& entry) {
    FileQuestion question;
    const auto path = entry.evidence.find("path");
    if (path != entry.evidence.end() && path->second.get<Bytes>() != nullptr)
        question.path = path->second.get<Bytes>()->data;
    question.removed = entry.kind == &kinds::aide_entry_removed;
    if (const std::string* const text = new_value(entry, "inode")) {
        std::uint64_t inode = 0;
        const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), inode);
        if (error == std::errc() && end == text->data() + text->size()) question.inode = inode;
    }
    if (const std::string* const text = new_value(entry, "change_time")) question.ctime = parse_aide_time(*text);
    return question;
}

// Whether an act that changed the file would have been recorded.
bool was_recorded(const FileTraces& traces, const FileQuestion& question) {
    const auto since = traces.recorded_since();
    return since && question.ctime && *question.ctime >= *since + second;
}

}  // namespace

void add_actor(Observation& entry, const FileTraces& traces) {
    const bool is_entry = entry.kind == &kinds::aide_entry_added || entry.kind == &kinds::aide_entry_changed ||
                          entry.kind == &kinds::aide_entry_removed;
    if (!is_entry) return;
    const FileQuestion question = question_of(entry);
    FileAnswer answer = traces.find(question);
    if (answer.confidence == TraceConfidence::none && !was_recorded(traces, question)) return;
    answer.actor["confidence"] = Value(to_string(answer.confidence));
    entry.context["actor"] = std::move(answer.actor);
}

}  // namespace integrityd
