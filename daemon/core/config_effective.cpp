#include "core/config_check.hpp"
#include "core/config_convert.hpp"
#include "core/config_values.hpp"

namespace integrityd {

namespace {

const ConfigNode* find_path(const ConfigNode& root, std::string_view path) {
    const ConfigNode* node = &root;
    while (!path.empty() && node != nullptr) {
        const std::size_t end = std::min(path.find('.'), path.size());
        node = find_member(node, path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return node;
}

// A value that is wrong was told by check_file(); its default stands in, so that the rest can be judged.
EffectiveEntry make_entry(const ConfigSection& section, const ConfigNode* node) {
    EffectiveEntry entry{&section, node, {}};
    for (const ConfigKey& key : section.keys) {
        const ConfigNode* written = find_member(node, key.name);
        auto converted = written != nullptr ? convert_value(key, *written) : Result<Value>(Error{});
        if (converted) {
            entry.values.emplace(key.name, std::move(converted).value());
        } else if (key.presence == Presence::defaulted) {
            entry.values.emplace(key.name, default_value(key));
        }
    }
    return entry;
}

void add_default_recipients(const ConfigSection& section, std::vector<EffectiveEntry>& entries) {
    for (const std::string_view name : {"journal", "dbus"}) {
        EffectiveEntry entry = make_entry(section, nullptr);
        entry.values.insert_or_assign("name", Value(name));
        entry.values.insert_or_assign("type", Value(name));
        entries.push_back(std::move(entry));
    }
}

void add_list(const ConfigSection& section, const ConfigNode* node, std::vector<EffectiveEntry>& entries) {
    const ConfigList* list = node != nullptr ? node->list() : nullptr;
    if (list == nullptr || list->empty()) {
        if (section.name == "notify.recipient") add_default_recipients(section, entries);
        return;
    }
    for (const ConfigNode& entry : *list)
        entries.push_back(make_entry(section, &entry));
}

// The table that holds the section's values, made on the way.
Value& slot(ValueMap& root, std::string_view path) {
    ValueMap* map = &root;
    for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
        map = map->try_emplace(std::string(path.substr(0, dot)), ValueMap()).first->second.get<ValueMap>();
        path.remove_prefix(dot + 1);
    }
    return (*map)[std::string(path)];
}

// Members named as bytes hold bytes, in the configuration too (core/value.hpp).
ValueMap canonical_members(const ValueMap& values) {
    ValueMap members;
    for (const auto& [name, value] : values)
        members.emplace(name, is_bytes_member(name) ? Value(Bytes{std::string(value.text())}) : value);
    return members;
}

}  // namespace

std::string_view EffectiveEntry::text(std::string_view key) const {
    const auto found = values.find(key);
    return found != values.end() ? found->second.text() : std::string_view();
}

std::uint64_t EffectiveEntry::number(std::string_view key) const {
    const auto found = values.find(key);
    return found != values.end() ? found->second.number() : 0;
}

bool EffectiveEntry::flag(std::string_view key) const {
    const auto found = values.find(key);
    const bool* held = found != values.end() ? found->second.get<bool>() : nullptr;
    return held != nullptr && *held;
}

std::vector<std::string> EffectiveEntry::texts(std::string_view key) const {
    std::vector<std::string> result;
    const auto found = values.find(key);
    const auto* list = found != values.end() ? found->second.get<ValueList>() : nullptr;
    if (list == nullptr) return result;
    for (const Value& value : *list)
        result.emplace_back(value.text());
    return result;
}

std::vector<std::int64_t> EffectiveEntry::numbers(std::string_view key) const {
    std::vector<std::int64_t> result;
    const auto found = values.find(key);
    const auto* list = found != values.end() ? found->second.get<ValueList>() : nullptr;
    if (list == nullptr) return result;
    for (const Value& value : *list) {
        if (const auto* number = value.get<std::int64_t>()) result.push_back(*number);
    }
    return result;
}

std::vector<EffectiveEntry> effective_entries(const ConfigNode& merged) {
    std::vector<EffectiveEntry> entries;
    for (const ConfigSection& section : config_schema()) {
        const ConfigNode* node = find_path(merged, section.name);
        if (section.is_list) {
            add_list(section, node, entries);
        } else {
            entries.push_back(make_entry(section, node));
        }
    }
    return entries;
}

ValueMap to_value(const std::vector<EffectiveEntry>& entries) {
    ValueMap root;
    for (const ConfigSection& section : config_schema())
        slot(root, section.name) = section.is_list ? Value(ValueList()) : Value(ValueMap());
    for (const EffectiveEntry& entry : entries) {
        Value& held = slot(root, entry.section->name);
        if (auto* list = held.get<ValueList>()) {
            list->emplace_back(canonical_members(entry.values));
        } else {
            merge(*held.get<ValueMap>(), canonical_members(entry.values));
        }
    }
    return root;
}

}  // namespace integrityd
