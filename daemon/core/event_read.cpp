// Events and violations out of the values that they were written as. Total: a member that is
// missing, of another type or out of range is an error that names it.
#include <limits>

#include "core/canonical_json.hpp"

namespace integrityd {

namespace {

// Takes members out of a map and remembers the first that is not as it must be.
class Members {
public:
    explicit Members(const ValueMap& map) : map_(map) {}

    std::string text(std::string_view name) {
        const auto* held = get<std::string>(name);
        return held != nullptr ? *held : std::string();
    }
    template <typename Number>
    Number number(std::string_view name) {
        const auto* held = get<std::uint64_t>(name);
        if (held == nullptr) return 0;
        if (*held > std::numeric_limits<Number>::max()) complain(name);
        return static_cast<Number>(*held);
    }
    bool boolean(std::string_view name) {
        const auto* held = get<bool>(name);
        return held != nullptr && *held;
    }
    ValueMap map(std::string_view name) {
        const auto* held = get<ValueMap>(name);
        return held != nullptr ? *held : ValueMap();
    }
    // Null where the member is null.
    const ValueMap* optional_map(std::string_view name) {
        const auto found = map_.find(name);
        if (found != map_.end() && found->second.get<std::nullptr_t>() != nullptr) return nullptr;
        return get<ValueMap>(name);
    }
    template <typename Enum>
    Enum word(std::string_view name, std::optional<Enum> (*parse)(std::string_view)) {
        const auto parsed = parse(text(name));
        if (!parsed) complain(name);
        return parsed.value_or(Enum{});
    }
    std::vector<std::string> texts(std::string_view name) {
        std::vector<std::string> out;
        const auto* held = get<ValueList>(name);
        if (held == nullptr) return out;
        for (const Value& element : *held) {
            if (element.get<std::string>() == nullptr) complain(name);
            out.emplace_back(element.text());
        }
        return out;
    }

    void complain(std::string_view name) {
        if (problem_.empty()) problem_ = "member " + std::string(name) + " is missing or not as expected";
    }
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    template <typename T>
    const T* get(std::string_view name) {
        const auto found = map_.find(name);
        const T* held = found != map_.end() ? found->second.get<T>() : nullptr;
        if (held == nullptr) complain(name);
        return held;
    }

    const ValueMap& map_;
    std::string problem_;
};

Result<Requester> read_requester(const ValueMap& value) {
    Members members(value);
    Requester requester{.uid = members.number<std::uint32_t>("uid"),
                        .pid = members.number<std::uint32_t>("pid"),
                        .exe = members.text("exe"),
                        .unit = members.text("unit")};
    if (!members.problem().empty()) return Error{"requester: " + members.problem()};
    return requester;
}

template <typename T>
std::string take_into(std::optional<T>& into, Result<T> read) {
    if (!read) return read.error().message;
    into = std::move(read).value();
    return {};
}

}  // namespace

Result<Violation> read_violation(const ValueMap& value) {
    Members members(value);
    Violation violation;
    violation.id = members.number<std::uint64_t>("id");
    violation.kind = members.text("kind");
    violation.source = members.text("source");
    violation.severity = members.word("severity", &parse_severity);
    violation.subject = members.text("subject");
    violation.summary = members.text("summary");
    violation.state = members.word("state", &parse_violation_state);
    violation.first_seen = members.number<WallTime>("first_seen");
    violation.last_seen = members.number<WallTime>("last_seen");
    violation.count = members.number<std::uint32_t>("count");
    violation.details = members.map("details");
    violation.requirements = members.texts("requirements");
    if (!members.problem().empty()) return Error{"violation: " + members.problem()};
    return violation;
}

Result<Event> read_event(std::string_view canonical_line) {
    Result<Value> value = read_json(canonical_line);
    if (!value) return value.error();
    const auto* map = value->get<ValueMap>();
    if (map == nullptr) return Error{"an event is no object"};
    Members members(*map);
    Event event;
    event.sequence = members.number<std::uint64_t>("sequence");
    event.stream = members.text("stream");
    event.time = members.number<WallTime>("time");
    event.boottime = members.number<std::uint64_t>("boottime");
    event.boot_id = members.text("boot_id");
    event.clock = members.word("clock", &parse_clock_state);
    event.type = members.word("type", &parse_event_type);
    event.maintenance = members.boolean("maintenance");
    event.data = members.map("data");
    std::string problem;
    const auto* by = members.optional_map("by");
    const auto* violation = members.optional_map("violation");
    if (by != nullptr) problem = take_into(event.by, read_requester(*by));
    if (violation != nullptr && problem.empty()) problem = take_into(event.violation, read_violation(*violation));
    if (problem.empty()) problem = members.problem();
    if (!problem.empty()) return Error{"event: " + problem};
    return event;
}

}  // namespace integrityd
