#include "core/catalogue.hpp"

#include <algorithm>

#include "core/catalogue_kinds.hpp"

namespace integrityd {

namespace {

// Both tables are sorted by name (generate_catalogue.py).
template <typename Entry>
const Entry* find_entry(std::span<const Entry> table, std::string_view name) {
    const auto found = std::ranges::lower_bound(table, name, {}, &Entry::name);
    return found != table.end() && found->name == name ? &*found : nullptr;
}

}  // namespace

std::span<const Kind> all_kinds() {
    return catalogue::kind_table;
}

std::span<const Notice> all_notices() {
    return catalogue::notice_table;
}

const Kind* find_kind(std::string_view name) {
    return find_entry(all_kinds(), name);
}

std::string_view message_id_of_notice(std::string_view notice) {
    const Notice* found = find_entry(all_notices(), notice);
    return found != nullptr ? found->message_id : std::string_view();
}

}  // namespace integrityd
