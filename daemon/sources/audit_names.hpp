// AuditNames: a set of field names that are wanted from one record, found in one walk over it.
//
//     constexpr AuditNames wanted({"pid", "exe"});
//     const auto fields = find_fields(record, wanted);
//     fields[wanted.at("exe")].value …
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sources/audit_fields.hpp"

namespace integrityd {

// Asked for every field: a table with room, so that most names that are not wanted meet an empty place at once.
template <std::size_t count>
class AuditNames {
public:
    static constexpr std::size_t none = count;

    constexpr explicit AuditNames(const std::string_view (&names)[count]) {
        for (std::size_t i = 0; i < count; ++i) {
            names_[i] = names[i];
            std::size_t place = first_place(names[i]);
            while (places_[place] != 0)
                place = (place + 1) % place_count;
            places_[place] = static_cast<std::uint8_t>(i + 1);
        }
    }

    // Where in the set, or `none`.
    [[nodiscard]] constexpr std::size_t at(std::string_view name) const {
        if (name.empty()) return none;
        for (std::size_t place = first_place(name); places_[place] != 0; place = (place + 1) % place_count) {
            const std::size_t i = places_[place] - 1U;
            if (same(names_[i], name)) return i;
        }
        return none;
    }

private:
    static constexpr std::size_t place_count = 256;
    static_assert(count < place_count / 4);

    // Names are short: a loop is faster here than a call of memcmp().
    static constexpr bool same(std::string_view a, std::string_view b) {
        if (a.size() != b.size()) return false;
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (a[i] != b[i]) return false;
        }
        return true;
    }
    static constexpr std::size_t first_place(std::string_view name) {
        const std::size_t first = static_cast<unsigned char>(name.front());
        const std::size_t last = static_cast<unsigned char>(name.back());
        return (first * 7 + last * 31 + name.size() * 101) % place_count;
    }

    std::array<std::string_view, count> names_{};
    std::array<std::uint8_t, place_count> places_{};
};

template <std::size_t count>
AuditNames(const std::string_view (&)[count]) -> AuditNames<count>;

// The first field of each name, in the order of the set; the name is empty where there is none.
template <std::size_t count>
[[nodiscard]] std::array<AuditField, count> find_fields(const AuditRecord& record, const AuditNames<count>& wanted) {
    std::array<AuditField, count> found;
    std::size_t missing = count;
    for_each_field(record, [&](const AuditField& field) {
        const std::size_t i = wanted.at(field.name);
        if (i == AuditNames<count>::none || !found[i].name.empty()) return true;
        found[i] = field;
        return --missing > 0;
    });
    return found;
}

}  // namespace integrityd
