#include "core/value.hpp"

namespace integrityd {

std::uint64_t Value::number(std::uint64_t otherwise) const {
    if (const auto* held = get<std::uint64_t>()) return *held;
    if (const auto* held = get<std::int64_t>()) return *held >= 0 ? static_cast<std::uint64_t>(*held) : otherwise;
    return otherwise;
}

std::string_view Value::text() const {
    const auto* held = get<std::string>();
    return held != nullptr ? std::string_view(*held) : std::string_view();
}

ValueList text_list(const std::vector<std::string>& texts) {
    ValueList list;
    for (const auto& text : texts)
        list.emplace_back(text);
    return list;
}

bool is_bytes_member(std::string_view name) {
    return name == "path" || name.ends_with("_raw");
}

void merge(ValueMap& into, const ValueMap& from) {
    for (const auto& [name, value] : from)
        into.insert_or_assign(name, value);
}

}  // namespace integrityd
