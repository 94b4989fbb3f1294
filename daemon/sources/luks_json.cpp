#include "sources/luks_json.hpp"

#include <algorithm>
#include <charconv>

#include "core/escape.hpp"

namespace integrityd {

namespace {

const ValueMap no_members;
const ValueList no_values;

std::optional<std::uint64_t> decimal(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool one_way = text.size() == 1 || !text.starts_with('0');
    if (error != std::errc() || end != text.data() + text.size() || !one_way) return std::nullopt;
    return number;
}

}  // namespace

void LuksJson::fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
}

const Value* LuksJson::find(const ValueMap& in, std::string_view name) {
    const auto found = in.find(name);
    return found == in.end() ? nullptr : &found->second;
}

std::optional<unsigned> LuksJson::index(std::string_view text, unsigned limit) {
    const auto number = decimal(text);
    if (!number || *number >= limit) return std::nullopt;
    return static_cast<unsigned>(*number);
}

std::string LuksJson::text(const ValueMap& in, std::string_view name) {
    const Value* const value = find(in, name);
    const auto* const held = value == nullptr ? nullptr : value->get<std::string>();
    if (held == nullptr) fail("no text \"" + std::string(name) + "\"");
    return held == nullptr ? "" : *held;
}

std::uint64_t LuksJson::number(const ValueMap& in, std::string_view name) {
    const Value* const value = find(in, name);
    const auto* const held = value == nullptr ? nullptr : value->get<std::uint64_t>();
    if (held == nullptr) fail("no number \"" + std::string(name) + "\"");
    return held == nullptr ? 0 : *held;
}

std::uint64_t LuksJson::number_text(const ValueMap& in, std::string_view name) {
    const auto number = decimal(text(in, name));
    if (!number) fail("\"" + std::string(name) + "\" is no number");
    return number.value_or(0);
}

const ValueMap& LuksJson::object(const ValueMap& in, std::string_view name) {
    const Value* const value = find(in, name);
    const auto* const held = value == nullptr ? nullptr : value->get<ValueMap>();
    if (held == nullptr) fail("no object \"" + escape_cut(name, 64) + "\"");
    return held == nullptr ? no_members : *held;
}

const ValueList& LuksJson::list(const ValueMap& in, std::string_view name) {
    const Value* const value = find(in, name);
    const auto* const held = value == nullptr ? nullptr : value->get<ValueList>();
    if (held == nullptr) fail("no list \"" + std::string(name) + "\"");
    return held == nullptr ? no_values : *held;
}

std::vector<unsigned> LuksJson::references(const ValueMap& in, std::string_view name, unsigned limit) {
    std::vector<unsigned> numbers;
    for (const Value& each : list(in, name)) {
        const auto number = each.get<std::string>() != nullptr ? index(each.text(), limit) : std::nullopt;
        if (!number || std::ranges::find(numbers, *number) != numbers.end()) {
            fail("\"" + std::string(name) + "\" refers to nothing, or twice to the same");
            break;
        }
        numbers.push_back(*number);
    }
    return numbers;
}

std::string LuksJson::text_or_empty(const ValueMap& in, std::string_view name) {
    return find(in, name) == nullptr ? "" : text(in, name);
}

std::vector<std::string> LuksJson::texts_or_empty(const ValueMap& in, std::string_view name) {
    std::vector<std::string> texts;
    if (find(in, name) == nullptr) return texts;
    for (const Value& each : list(in, name)) {
        if (each.get<std::string>() == nullptr) fail("\"" + std::string(name) + "\" holds what is no text");
        texts.emplace_back(each.text());
    }
    return texts;
}

}  // namespace integrityd
