#include "publish/message.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <fmt/format.h>

#include "core/canonical_json.hpp"
#include "core/printable.hpp"

namespace integrityd {

namespace {

// The longest MESSAGE in the journal: a path of 1024 escaped bytes and what is said of it. The
// subject stands in full in its own field.
constexpr std::size_t longest_message = 8192;
// Of each thing that a notice says.
constexpr std::size_t longest_value = 200;

std::string text_of(const Value& value) {
    if (const auto* text = value.get<std::string>()) return *text;
    return canonical_json(value);
}

std::string_view member_text(const ValueMap& map, std::string_view name) {
    const auto found = map.find(name);
    return found != map.end() ? found->second.text() : std::string_view();
}

// "stream=… version=…"
std::string list_data(const ValueMap& data) {
    std::string list;
    for (const auto& [name, value] : data) {
        if (name == "kind") continue;
        list += fmt::format("{}{}={}", list.empty() ? "" : " ", name, printable_cut(text_of(value), longest_value));
    }
    return list;
}

// What stands before the bracket.
std::string headline(const Event& event) {
    const std::string_view kind = message_kind(event);
    if (event.violation) return fmt::format("{} {}: {}", kind, event.violation->subject, event.violation->summary);
    if (event.type == EventType::verdict) {
        return fmt::format("verdict: {}, was {}", member_text(event.data, "new"), member_text(event.data, "old"));
    }
    const std::string data = list_data(event.data);
    return data.empty() ? std::string(kind) : fmt::format("{}: {}", kind, data);
}

std::string bracket(const Event& event) {
    const std::string_view hash = std::string_view(event.hash).substr(0, 16);
    if (!event.violation) return fmt::format(" [seq={} hash={}]", event.sequence, hash);
    return fmt::format(" [id={} seq={} state={} hash={}]", event.violation->id, event.sequence,
                       to_string(event.violation->state), hash);
}

std::string_view message_id(const Event& event) {
    if (!event.violation) return message_id_of_notice(message_kind(event));
    const Kind* kind = find_kind(event.violation->kind);
    return kind != nullptr ? kind->message_id : std::string_view();
}

std::string requirements(const Event& event) {
    if (event.violation) return fmt::format("{}", fmt::join(event.violation->requirements, ", "));
    const auto notice = std::ranges::find(all_notices(), message_kind(event), &Notice::name);
    return notice != all_notices().end() ? fmt::format("{}", fmt::join(notice->requirements, ", ")) : std::string();
}

void add_violation(const Violation& violation, std::vector<MessageField>& fields) {
    fields.emplace_back("INTEGRITY_ID", std::to_string(violation.id));
    fields.emplace_back("INTEGRITY_SOURCE", violation.source);
    fields.emplace_back("INTEGRITY_SEVERITY", to_string(violation.severity));
    fields.emplace_back("INTEGRITY_SUBJECT", violation.subject);
    fields.emplace_back("INTEGRITY_STATE", to_string(violation.state));
    fields.emplace_back("INTEGRITY_COUNT", std::to_string(violation.count));
}

std::string upper(std::string_view name) {
    std::string result(name);
    for (char& letter : result)
        letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    return result;
}

// Only names of the contract: a field's name is made of nothing that a stranger wrote.
void add_actor(const ValueMap& details, std::vector<MessageField>& fields) {
    constexpr std::array<std::string_view, 10> members = {"auid", "uid",     "pid",  "comm",   "exe",
                                                          "tty",  "session", "time", "serial", "confidence"};
    const auto found = details.find("actor");
    const auto* actor = found != details.end() ? found->second.get<ValueMap>() : nullptr;
    if (actor == nullptr) return;
    for (const std::string_view member : members) {
        const auto value = actor->find(member);
        if (value != actor->end()) fields.emplace_back("INTEGRITY_ACTOR_" + upper(member), text_of(value->second));
    }
}

void add_requester(const Requester& by, std::vector<MessageField>& fields) {
    fields.emplace_back("INTEGRITY_BY_UID", std::to_string(by.uid));
    fields.emplace_back("INTEGRITY_BY_PID", std::to_string(by.pid));
    fields.emplace_back("INTEGRITY_BY_EXE", by.exe);
    fields.emplace_back("INTEGRITY_BY_UNIT", by.unit);
}

}  // namespace

std::string_view message_kind(const Event& event) {
    if (event.violation) return event.violation->kind;
    return event.type == EventType::verdict ? std::string_view("verdict") : member_text(event.data, "kind");
}

int message_priority(const Event& event) {
    if (!event.violation) return 6;
    switch (event.violation->severity) {
        case Severity::critical:
            return 2;
        case Severity::high:
            return 3;
        case Severity::medium:
            return 4;
        case Severity::low:
            return 5;
        case Severity::record:
            break;
    }
    return 6;
}

std::string message_line(const Event& event, std::size_t limit) {
    assert(limit >= 256);
    const std::string end = printable(bracket(event));
    return printable_cut(headline(event), limit - std::min(limit, end.size())) + end;
}

std::vector<MessageField> journal_fields(const Event& event) {
    std::vector<MessageField> fields = {
        {"MESSAGE", message_line(event, longest_message)},
        {"PRIORITY", std::to_string(message_priority(event))},
        {"SYSLOG_IDENTIFIER", "integrityd"},
        {"MESSAGE_ID", std::string(message_id(event))},
        {"INTEGRITY_SEQUENCE", std::to_string(event.sequence)},
        {"INTEGRITY_STREAM", event.stream},
        {"INTEGRITY_TYPE", std::string(to_string(event.type))},
        {"INTEGRITY_KIND", std::string(message_kind(event))},
        {"INTEGRITY_HASH", event.hash},
        {"INTEGRITY_REQUIREMENTS", requirements(event)},
    };
    if (event.violation) {
        add_violation(*event.violation, fields);
        add_actor(event.violation->details, fields);
    }
    if (event.type == EventType::verdict) {
        fields.emplace_back("INTEGRITY_VERDICT", member_text(event.data, "new"));
    }
    if (event.by) add_requester(*event.by, fields);
    for (auto& [name, value] : fields)
        value = printable(value);
    std::erase_if(fields, [](const MessageField& field) { return field.second.empty(); });
    return fields;
}

std::string json_line(const Event& event) {
    std::string line = canonical_json(event);
    assert(line.ends_with('}'));
    line.pop_back();
    return line.append(",\"hash\":").append(canonical_json(Value(event.hash))).append("}\n");
}

}  // namespace integrityd
