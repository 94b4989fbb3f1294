// TOML text → ConfigNode. The only file that knows toml++.
#include <algorithm>
#include <optional>

#include <toml++/toml.h>

#include "core/config_tree.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

// toml++ frees nested tables recursively and limits arrays but not dotted keys (`a.a.a = 1`); a key
// does not span lines, so the length of a line bounds the depth.
constexpr std::size_t longest_line = 4096;
// No key of ours lies deeper than 4 (a list in a table of a list in a section).
constexpr int deepest = 6;

class Reader {
public:
    Reader(const std::string& file, std::vector<ConfigProblem>& problems)
        : file_(std::make_shared<const std::string>(file)), problems_(problems) {}

    ConfigNode read(std::string_view text) {
        ConfigNode root{place({}), place({}), ConfigTable()};
        if (const auto line = overlong_line(text)) {
            problems_.push_back({*file_, *line, 1, "the line is longer than 4096 bytes"});
            return root;
        }
        try {
            root.held = convert_table(toml::parse(text), 0);
        } catch (const toml::parse_error& error) {
            problems_.push_back(problem_at(place(error.source().begin), escape(error.description())));
        }
        return root;
    }

private:
    static std::optional<std::uint32_t> overlong_line(std::string_view text) {
        std::uint32_t line = 1;
        for (std::size_t start = 0; start <= text.size(); ++line) {
            const std::size_t end = std::min(text.find('\n', start), text.size());
            if (end - start > longest_line) return line;
            start = end + 1;
        }
        return std::nullopt;
    }

    [[nodiscard]] ConfigPlace place(const toml::source_position& position) const {
        return {file_, std::max<std::uint32_t>(position.line, 1), std::max<std::uint32_t>(position.column, 1)};
    }

    ConfigTable convert_table(const toml::table& table, int depth) {
        ConfigTable converted;
        for (const auto& [key, node] : table) {
            ConfigNode member = convert(node, depth + 1);
            member.key_place = place(key.source().begin);
            converted.emplace(std::string(key.str()), std::move(member));
        }
        return converted;
    }

    ConfigList convert_list(const toml::array& array, int depth) {
        ConfigList converted;
        for (const toml::node& node : array)
            converted.push_back(convert(node, depth + 1));
        return converted;
    }

    ConfigNode convert(const toml::node& node, int depth) {
        ConfigNode converted{place(node.source().begin), place(node.source().begin), ConfigNode::Other()};
        if (depth > deepest) {
            problems_.push_back(problem_at(converted.place, "nested too deeply"));
        } else if (const auto* table = node.as_table()) {
            converted.held = convert_table(*table, depth);
        } else if (const auto* array = node.as_array()) {
            converted.held = convert_list(*array, depth);
        } else if (const auto* text = node.as_string()) {
            converted.held = text->get();
        } else if (const auto* integer = node.as_integer()) {
            converted.held = integer->get();
        } else if (const auto* boolean = node.as_boolean()) {
            converted.held = boolean->get();
        }
        return converted;
    }

    std::shared_ptr<const std::string> file_;
    std::vector<ConfigProblem>& problems_;
};

}  // namespace

ConfigProblem problem_at(const ConfigPlace& place, std::string message) {
    return {place.file ? *place.file : std::string(), place.line, place.column, std::move(message)};
}

const ConfigNode* find_member(const ConfigNode* node, std::string_view name) {
    const ConfigTable* table = node != nullptr ? node->table() : nullptr;
    if (table == nullptr) return nullptr;
    const auto found = table->find(name);
    return found != table->end() ? &found->second : nullptr;
}

ConfigNode read_config_text(std::string_view text, const std::string& file, std::vector<ConfigProblem>& problems) {
    return Reader(file, problems).read(text);
}

}  // namespace integrityd
