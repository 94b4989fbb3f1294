#include "describe.hpp"

#include "text.hpp"
#include "times.hpp"

namespace integrityctl {

namespace {

constexpr std::size_t type_width = 12;     // "acknowledged"
constexpr std::size_t severity_width = 8;  // "critical"

std::string padded(std::string_view text, std::size_t width, Style style, const Terminal& terminal) {
    const std::string safe = printable(text);
    const std::size_t used = columns(safe);
    return paint(safe, style, terminal) + std::string(width > used ? width - used : 0, ' ');
}

std::string about(const integrity::Violation& violation) {
    return printable(violation.kind()) + "  " + printable(violation.subject()) + "  [" +
           std::to_string(violation.id()) + "]";
}

std::string about(const integrity::Event& event) {
    const integrity::Value data = event.data();
    if (const auto violation = event.violation()) {
        const std::string was = printable(data["old_severity"].text());
        return about(violation) + (was.empty() ? "" : ", was " + was);
    }
    if (event.type() == "verdict") {
        std::string words = printable(data["old"].text()) + " -> " + printable(data["new"].text());
        const auto because = data["because"].number();
        return because != 0 ? words + ", because of [" + std::to_string(because) + "]" : words;
    }
    return scalars(data);
}

std::string line_of(integrity::Time time, std::string_view type, const integrity::Violation& violation,
                    const std::string& words, const Terminal& terminal) {
    const std::string_view severity = violation ? violation.severity() : "";
    const std::string head = local_time(time) + "  " + padded(type, type_width, style_of_state(type), terminal) + " " +
                             padded(severity, severity_width, style_of_severity(severity), terminal) + " ";
    constexpr std::size_t head_width = 19 + 2 + type_width + 1 + severity_width + 1;
    if (head_width + columns(words) <= terminal.width) return head + words;
    return head.substr(0, head.find_last_not_of(' ') + 1) + "\n    " + wrap_behind(4, words, terminal.width);
}

std::string words_of(const integrity::Value& scalar) {
    const auto type = scalar.type();
    if (type == INTEGRITY_VALUE_STRING || type == INTEGRITY_VALUE_BYTES) return printable(scalar.bytes());
    const std::string json = scalar.to_json();
    // A time is a number that is written as words.
    return json.starts_with('"') ? json.substr(1, json.size() - 2) : json;
}

// The library sees to it that values are at most 32 deep.
void collect_facts(const integrity::Value& value, const std::string& path, std::vector<Fact>& facts) {
    const bool list = value.type() == INTEGRITY_VALUE_LIST;
    if (!list && value.type() != INTEGRITY_VALUE_MAP) {
        if (!path.empty()) facts.push_back({path, words_of(value)});
        return;
    }
    std::size_t index = 0;
    for (const auto element : value) {
        const std::string name = printable(element.name());
        const std::string step = list ? "[" + std::to_string(index) + "]" : (path.empty() ? name : "." + name);
        collect_facts(element, path + step, facts);
        ++index;
    }
}

}  // namespace

std::string event_line(const integrity::Event& event, const Terminal& terminal) {
    return line_of(event.time(), event.type(), event.violation(), about(event), terminal);
}

std::string violation_line(const integrity::Violation& violation, const Terminal& terminal) {
    return line_of(violation.last_seen(), violation.state(), violation, about(violation), terminal);
}

std::vector<Fact> facts_of(const integrity::Value& value) {
    std::vector<Fact> facts;
    collect_facts(value, "", facts);
    return facts;
}

std::string scalars(const integrity::Value& map) {
    std::vector<std::string> parts;
    for (const auto& [path, value] : facts_of(map))
        parts.push_back(path + "=" + value);
    return join(parts, ", ");
}

int severity_rank(std::string_view severity) {
    if (severity == "record") return -1;
    const int known = integrity_severity_from_string(std::string(severity).c_str());
    return known < 0 ? INTEGRITY_CRITICAL : known;
}

bool is_present(const integrity::Violation& violation) {
    return violation.state() == "open" || violation.state() == "acknowledged";
}

}  // namespace integrityctl
