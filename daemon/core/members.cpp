#include "core/members.hpp"

#include <algorithm>

#include "core/digest.hpp"

namespace integrityd {

namespace {

template <typename T>
const T* held_at(const ValueMap& map, std::string_view name) {
    const Value* const value = value_at(map, name);
    return value == nullptr ? nullptr : value->get<T>();
}

}  // namespace

const Value* value_at(const ValueMap& map, std::string_view name) {
    const auto found = map.find(name);
    return found == map.end() ? nullptr : &found->second;
}

const ValueMap* map_at(const ValueMap& map, std::string_view name) {
    return held_at<ValueMap>(map, name);
}

const ValueList* list_at(const ValueMap& map, std::string_view name) {
    return held_at<ValueList>(map, name);
}

const ValueMap& members_at(const ValueMap& map, std::string_view name) {
    static const ValueMap none;
    const ValueMap* const found = map_at(map, name);
    return found == nullptr ? none : *found;
}

const ValueList& entries_at(const ValueMap& map, std::string_view name) {
    static const ValueList none;
    const ValueList* const found = list_at(map, name);
    return found == nullptr ? none : *found;
}

std::string text_at(const ValueMap& map, std::string_view name) {
    const Value* const value = value_at(map, name);
    return value == nullptr ? "" : std::string(value->text());
}

std::uint64_t number_at(const ValueMap& map, std::string_view name) {
    const Value* const value = value_at(map, name);
    return value == nullptr ? 0 : value->number();
}

std::optional<bool> flag_at(const ValueMap& map, std::string_view name) {
    const bool* const flag = held_at<bool>(map, name);
    return flag == nullptr ? std::nullopt : std::optional(*flag);
}

std::vector<std::string> texts_at(const ValueMap& map, std::string_view name) {
    return texts_of(entries_at(map, name));
}

std::vector<std::string> texts_of(const ValueList& list) {
    std::vector<std::string> texts;
    for (const Value& value : list)
        texts.emplace_back(value.text());
    return texts;
}

bool are_digests_at(const ValueMap& map, std::string_view name) {
    const std::vector<std::string> texts = texts_at(map, name);
    return !texts.empty() && std::ranges::all_of(texts, [](const std::string& text) {
        const auto bytes = from_hex(text);
        return bytes && bytes->size() == sizeof(Sha256Digest);
    });
}

}  // namespace integrityd
