#include "bus/convert.hpp"

#include <cerrno>

#include "bus/reply_size.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

// Names and kinds are short; a longer one cannot be any of ours.
constexpr std::size_t longest_filter_text = 256;

BusDict dict_of(const ValueMap& map, Audience audience, int depth);
sdbus::Variant variant_of(const Value& value, Audience audience, int depth);

// Everything that is stored is valid already; a string that the bus would refuse must not cost the whole reply.
std::string bus_text(const std::string& text) {
    return is_utf8(text) && text.find('\0') == std::string::npos ? text : escape(text);
}

sdbus::Variant variant_of(const ValueList& list, Audience audience, int depth) {
    std::vector<sdbus::Variant> items;
    items.reserve(list.size());
    for (const Value& item : list)
        items.push_back(variant_of(item, audience, depth));
    return sdbus::Variant(items);
}

sdbus::Variant variant_of(const Value& value, Audience audience, int depth) {
    if (depth >= deepest_value) return sdbus::Variant(std::string("(nested too deeply)"));
    if (const auto* held = value.get<bool>()) return sdbus::Variant(*held);
    if (const auto* held = value.get<std::int64_t>()) return sdbus::Variant(*held);
    if (const auto* held = value.get<std::uint64_t>()) return sdbus::Variant(*held);
    if (const auto* held = value.get<std::string>()) return sdbus::Variant(bus_text(*held));
    if (const auto* held = value.get<Bytes>())
        return sdbus::Variant(std::vector<std::uint8_t>(held->data.begin(), held->data.end()));
    if (const auto* held = value.get<ValueList>()) return variant_of(*held, audience, depth + 1);
    if (const auto* held = value.get<ValueMap>()) return sdbus::Variant(dict_of(*held, audience, depth + 1));
    return sdbus::Variant(std::string());  // null in a list keeps its place; the bus has no null
}

BusDict dict_of(const ValueMap& map, Audience audience, int depth) {
    BusDict dict;
    for (const auto& [name, value] : map) {
        if (value.get<std::nullptr_t>() != nullptr) continue;
        if (audience == Audience::readers && is_restricted_member(name)) continue;
        dict.emplace(bus_text(name), variant_of(value, audience, depth));
    }
    return dict;
}

sdbus::Variant variant_of(const Requester& by) {
    return sdbus::Variant(BusDict{{"uid", sdbus::Variant(std::uint64_t{by.uid})},
                                  {"pid", sdbus::Variant(std::uint64_t{by.pid})},
                                  {"exe", sdbus::Variant(bus_text(by.exe))},
                                  {"unit", sdbus::Variant(bus_text(by.unit))}});
}

BusViolation no_violation() {
    return BusViolation(0, "", "", "", "", "", 0, 0, 0, BusDict{});
}

Result<std::string> filter_text(const std::string& name, const sdbus::Variant& value) {
    if (!value.containsValueOfType<std::string>()) return Error{"filter: '" + name + "' is not a string", EINVAL};
    auto text = value.get<std::string>();
    if (text.size() > longest_filter_text) return Error{"filter: '" + name + "' is too long", EINVAL};
    return text;
}

Result<void> apply_filter(ViolationFilter& filter, const std::string& name, const std::string& text) {
    if (name == "source") {
        filter.source = text;
    } else if (name == "kind") {
        filter.kind = text;
    } else if (name == "severity") {
        filter.severity = parse_severity(text);
        if (!filter.severity) return Error{"filter: no such severity", EINVAL};
    } else if (name == "state") {
        if (text != "all" && !parse_violation_state(text)) return Error{"filter: no such state", EINVAL};
        filter.state = text;
    } else {
        return Error{"filter: unknown member", EINVAL};
    }
    return {};
}

}  // namespace

BusViolation to_bus(const Violation& violation, Audience audience) {
    BusDict details = dict_of(violation.details, audience, 0);
    details.insert_or_assign("summary", sdbus::Variant(bus_text(violation.summary)));
    details.insert_or_assign("requirements", sdbus::Variant(violation.requirements));
    return BusViolation(violation.id, bus_text(violation.kind), bus_text(violation.source),
                        std::string(to_string(violation.severity)), bus_text(violation.subject),
                        std::string(to_string(violation.state)), violation.first_seen, violation.last_seen,
                        violation.count, std::move(details));
}

BusEvent to_bus(const Event& event, Audience audience) {
    BusDict extra = dict_of(event.data, audience, 0);
    extra.insert_or_assign("stream", sdbus::Variant(bus_text(event.stream)));
    extra.insert_or_assign("clock", sdbus::Variant(std::string(to_string(event.clock))));
    extra.insert_or_assign("maintenance", sdbus::Variant(event.maintenance));
    if (event.by) extra.insert_or_assign("by", variant_of(*event.by));
    return BusEvent(
        event.sequence, event.time, event.boottime, bus_text(event.boot_id), std::string(to_string(event.type)),
        event.violation ? to_bus(*event.violation, audience) : no_violation(), std::move(extra), event.hash);
}

Result<ViolationFilter> read_filter(const BusDict& members) {
    ViolationFilter filter;
    for (const auto& [name, value] : members) {
        const Result<std::string> text = filter_text(name, value);
        if (!text) return text.error();
        const Result<void> applied = apply_filter(filter, name, *text);
        if (!applied) return applied.error();
    }
    return filter;
}

}  // namespace integrityd
