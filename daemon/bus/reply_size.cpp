#include "bus/reply_size.hpp"

namespace integrityd {

namespace {

// A length, a terminator and padding on both sides; for a variant also its signature; for a fixed struct its numbers.
constexpr std::size_t string_cost = 16;
constexpr std::size_t variant_cost = 16;
constexpr std::size_t numbers_cost = 64;

std::size_t size_of(const Value& value, int depth);

std::size_t size_of(const ValueMap& map, int depth) {
    std::size_t size = variant_cost;
    for (const auto& [name, value] : map)
        size += string_cost + name.size() + size_of(value, depth);
    return size;
}

std::size_t size_of(const Value& value, int depth) {
    if (depth >= deepest_value) return variant_cost + numbers_cost;
    if (const auto* text = value.get<std::string>()) {
        return variant_cost + string_cost + text->size();
    }
    if (const auto* bytes = value.get<Bytes>()) return variant_cost + string_cost + bytes->data.size();
    if (const auto* map = value.get<ValueMap>()) return variant_cost + size_of(*map, depth + 1);
    std::size_t size = 2 * variant_cost;
    if (const auto* list = value.get<ValueList>()) {
        for (const Value& item : *list)
            size += size_of(item, depth + 1);
    }
    return size;
}

bool begins_with(std::string_view text, std::string_view prefix) {
    return text.substr(0, prefix.size()) == prefix;
}

}  // namespace

bool is_restricted_member(std::string_view name) {
    return name == "actor" || name == "audit" || begins_with(name, "actor_") || begins_with(name, "audit_");
}

std::size_t reply_size(std::string_view text) {
    return string_cost + text.size();
}

std::size_t reply_size(const Violation& violation) {
    std::size_t size = numbers_cost + 6 * string_cost + violation.kind.size() + violation.source.size() +
                       violation.subject.size() + violation.summary.size();
    for (const std::string& requirement : violation.requirements)
        size += reply_size(requirement);
    return size + size_of(violation.details, 0);
}

std::size_t reply_size(const Event& event) {
    std::size_t size =
        2 * numbers_cost + 8 * string_cost + event.boot_id.size() + event.stream.size() + event.hash.size();
    if (event.by) size += 8 * string_cost + event.by->exe.size() + event.by->unit.size();
    if (event.violation) size += reply_size(*event.violation);
    return size + size_of(event.data, 0);
}

}  // namespace integrityd
