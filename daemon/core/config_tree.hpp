// A configuration file as a tree of values, each with the place where it stands.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/config.hpp"

namespace integrityd {

struct ConfigPlace {
    std::shared_ptr<const std::string> file;
    std::uint32_t line = 1;
    std::uint32_t column = 1;
};

[[nodiscard]] ConfigProblem problem_at(const ConfigPlace& place, std::string message);

struct ConfigNode;
using ConfigList = std::vector<ConfigNode>;
using ConfigTable = std::map<std::string, ConfigNode, std::less<>>;

struct ConfigNode {
    // A TOML type that no key has: fractions, dates, times.
    struct Other {};

    ConfigPlace key_place;  // of the key, or of the value where there is no key
    ConfigPlace place;      // of the value
    std::variant<Other, bool, std::int64_t, std::string, ConfigList, ConfigTable> held;

    [[nodiscard]] const ConfigTable* table() const { return std::get_if<ConfigTable>(&held); }
    [[nodiscard]] const ConfigList* list() const { return std::get_if<ConfigList>(&held); }
    [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&held); }
};

// The member of a table; null where there is none, or where `node` is null or no table.
[[nodiscard]] const ConfigNode* find_member(const ConfigNode* node, std::string_view name);

// Reads TOML. What is wrong (of syntax errors the first) goes to `problems`; the node is then an
// empty table. Total: any bytes give a tree or a problem.
[[nodiscard]] ConfigNode read_config_text(std::string_view text, const std::string& file,
                                          std::vector<ConfigProblem>& problems);

// Lays `over` on `base`: tables by key, lists of tables by `name`, anything else is replaced.
void merge_config(ConfigNode& base, ConfigNode over);

}  // namespace integrityd
