// Wanted: what an acceptance takes over: all that the baseline decides about, or what some violations are about.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/values.hpp"

namespace integrityd {

class Wanted {
public:
    struct Item {
        const Kind* kind;
        std::string subject;
    };

    // Everything.
    Wanted() = default;
    // Only what these are about; at least one.
    explicit Wanted(std::vector<Item> items) : items_(std::move(items)) {}

    [[nodiscard]] bool all() const { return items_.empty(); }
    // Whether something of one of these kinds is wanted.
    [[nodiscard]] bool any(const std::vector<const Kind*>& kinds) const {
        return all() || std::ranges::any_of(items_, [&](const Item& item) { return is_one(kinds, item); });
    }
    // The same about this subject.
    [[nodiscard]] bool any(const std::vector<const Kind*>& kinds, std::string_view subject) const {
        return all() || std::ranges::any_of(
                            items_, [&](const Item& item) { return item.subject == subject && is_one(kinds, item); });
    }

private:
    static bool is_one(const std::vector<const Kind*>& kinds, const Item& item) {
        return std::ranges::find(kinds, item.kind) != kinds.end();
    }

    std::vector<Item> items_;
};

}  // namespace integrityd
