#include <algorithm>

#include "core/config_tree.hpp"

namespace integrityd {

namespace {

bool is_list_of_tables(const ConfigList& list) {
    return !list.empty() && std::ranges::all_of(list, [](const ConfigNode& node) { return node.table() != nullptr; });
}

const std::string* name_of(const ConfigNode& node) {
    const ConfigNode* name = find_member(&node, "name");
    return name != nullptr ? name->text() : nullptr;
}

// What is new goes behind what was there: the first match of the severity rules stays the first.
void merge_list(ConfigList& base, ConfigList over) {
    for (ConfigNode& entry : over) {
        const std::string* name = name_of(entry);
        const auto same = std::ranges::find_if(base, [name](const ConfigNode& known) {
            const std::string* other = name_of(known);
            return name != nullptr && other != nullptr && *name == *other;
        });
        if (same != base.end()) {
            merge_config(*same, std::move(entry));
        } else {
            base.push_back(std::move(entry));
        }
    }
}

void merge_table(ConfigTable& base, ConfigTable&& over) {
    for (auto& [key, node] : over) {
        const auto [there, added] = base.try_emplace(key, ConfigNode());
        if (added) {
            there->second = std::move(node);
        } else {
            merge_config(there->second, std::move(node));
        }
    }
}

}  // namespace

// Recursion is bounded: read_config_text() refuses deep trees.
void merge_config(ConfigNode& base, ConfigNode over) {
    auto* table = std::get_if<ConfigTable>(&base.held);
    auto* over_table = std::get_if<ConfigTable>(&over.held);
    auto* list = std::get_if<ConfigList>(&base.held);
    auto* over_list = std::get_if<ConfigList>(&over.held);
    if (table != nullptr && over_table != nullptr) {
        merge_table(*table, std::move(*over_table));
    } else if (list != nullptr && over_list != nullptr && is_list_of_tables(*list) && is_list_of_tables(*over_list)) {
        merge_list(*list, std::move(*over_list));
    } else {
        base = std::move(over);
    }
}

}  // namespace integrityd
