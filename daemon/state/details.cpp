#include "state/details.hpp"

#include <set>
#include <string>
#include <utility>

#include "core/canonical_json.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

// `"cut":18446744073709551615,`
constexpr std::size_t size_of_cut = 32;

// Half of it, or nothing that is worth keeping.
Value half(const Value& value) {
    if (const auto* text = value.get<std::string>()) {
        std::string kept = text->substr(0, text->size() / 2);
        while (!is_utf8(kept))
            kept.pop_back();
        return kept.empty() ? Value() : Value(std::move(kept));
    }
    if (const auto* bytes = value.get<Bytes>()) {
        const std::size_t size = bytes->data.size() / 2;
        return size == 0 ? Value() : Value(Bytes{bytes->data.substr(0, size)});
    }
    if (const auto* list = value.get<ValueList>()) {
        const auto size = static_cast<std::ptrdiff_t>(list->size() / 2);
        return size == 0 ? Value() : Value(ValueList(list->begin(), list->begin() + size));
    }
    return {};
}

// With its name, colon and comma.
std::size_t size_of(const std::string& name, const Value& value) {
    return canonical_json(Value(name)).size() + canonical_json(value).size() + 2;
}

}  // namespace

ValueMap limit_details(ValueMap details, std::size_t limit) {
    std::set<std::pair<std::size_t, std::string>> by_size;
    std::size_t total = 0;
    for (const auto& [name, value] : details) {
        const std::size_t size = size_of(name, value);
        by_size.emplace(size, name);
        total += size;
    }
    const std::size_t before = total;
    while (total + size_of_cut > limit && !by_size.empty()) {
        const auto [size, name] = *by_size.rbegin();
        by_size.erase(std::prev(by_size.end()));
        total -= size;
        const auto member = details.find(name);
        member->second = half(member->second);
        if (member->second.get<std::nullptr_t>() != nullptr) {
            details.erase(member);
            continue;
        }
        const std::size_t left = size_of(name, member->second);
        by_size.emplace(left, name);
        total += left;
    }
    if (total != before) details.insert_or_assign("cut", std::uint64_t{before - total});
    return details;
}

}  // namespace integrityd
