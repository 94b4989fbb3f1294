#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "core/config_check.hpp"
#include "core/config_convert.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

class FileCheck {
public:
    explicit FileCheck(std::vector<ConfigProblem>& problems) : problems_(problems) {}

    // Recursion is bounded by the schema: an unknown key is not followed.
    void table(const ConfigTable& table, const std::string& path) {
        const ConfigSection* section = find_section(path);
        for (const auto& [name, node] : table) {
            const std::string below = path.empty() ? name : path + "." + name;
            const ConfigKey* key = section != nullptr ? find_key(*section, name) : nullptr;
            if (key != nullptr) {
                value(*key, node);
            } else if (is_section_or_above(below)) {
                subsection(node, below);
            } else {
                tell(node.key_place, path.empty() ? fmt::format("unknown section or key '{}'", shown(name))
                                                  : fmt::format("unknown key '{}' in [{}]", shown(name), path));
            }
        }
    }

private:
    void value(const ConfigKey& key, const ConfigNode& node) {
        const auto converted = convert_value(key, node);
        if (!converted) tell(node.place, fmt::format("{} {}", key.name, converted.error().message));
    }

    void subsection(const ConfigNode& node, const std::string& path) {
        const ConfigSection* section = find_section(path);
        if (section != nullptr && section->is_list) return entries(node, path);
        if (node.table() == nullptr) return tell(node.place, fmt::format("must be a table: [{}]", path));
        table(*node.table(), path);
    }

    void entries(const ConfigNode& node, const std::string& path) {
        const ConfigList* list = node.list();
        if (list == nullptr) return tell(node.place, fmt::format("must be a list of tables: [[{}]]", path));
        std::set<std::string_view> names;
        for (const ConfigNode& entry : *list) {
            if (entry.table() == nullptr) {
                tell(entry.place, fmt::format("must be a table: [[{}]]", path));
                continue;
            }
            const ConfigNode* name = find_member(&entry, "name");
            if (name == nullptr) tell(entry.place, fmt::format("[[{}]] has no name", path));
            if (name != nullptr && name->text() != nullptr && !names.insert(*name->text()).second) {
                tell(name->place, fmt::format("[[{}]] '{}' is there twice", path, shown(*name->text())));
            }
            table(*entry.table(), path);
        }
    }

    static bool is_section_or_above(std::string_view path) {
        return std::ranges::any_of(config_schema(), [path](const ConfigSection& section) {
            return section.name == path ||
                   (section.name.starts_with(path) && section.name.substr(path.size()).starts_with('.'));
        });
    }

    // Names come from whoever wrote the file; a person reads them on a terminal.
    static std::string shown(std::string_view name) { return escape_cut(name, 100); }

    void tell(const ConfigPlace& place, std::string message) {
        problems_.push_back(problem_at(place, std::move(message)));
    }

    std::vector<ConfigProblem>& problems_;
};

}  // namespace

void check_file(const ConfigNode& root, std::vector<ConfigProblem>& problems) {
    if (root.table() != nullptr) FileCheck(problems).table(*root.table(), "");
}

}  // namespace integrityd
