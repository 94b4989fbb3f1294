#include "core/config_convert.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "core/config_values.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

// Lists beyond this are a slip: nothing that is configured by hand has so many entries.
constexpr std::size_t longest_list = 1000;
constexpr std::size_t longest_text = 4096;  // PATH_MAX; no other text of ours is longer
constexpr std::size_t longest_name = 64;

Error must_be(std::string what) {
    return {"must be " + std::move(what)};
}

bool is_one_of(std::string_view word, std::string_view words) {
    const auto known = split_words(words);
    return std::ranges::find(known, word) != known.end();
}

std::string alternatives(std::string_view words) {
    std::string joined;
    for (const std::string_view word : split_words(words))
        joined += fmt::format("{}\"{}\"", joined.empty() ? "one of " : ", ", word);
    return joined;
}

bool is_plain(std::string_view text) {
    return text.size() <= longest_text && text.find('\0') == std::string_view::npos;
}

Result<Value> convert_text(const ConfigNode& node) {
    if (node.text() == nullptr || !is_plain(*node.text())) return must_be("a string of at most 4096 bytes without NUL");
    return Value(*node.text());
}

Result<Value> convert_name(const ConfigNode& node) {
    const std::string* text = node.text();
    if (text == nullptr || text->empty() || text->size() > longest_name || escape(*text) != *text) {
        return must_be("a string of 1 to 64 printable bytes without backslash");
    }
    return Value(*text);
}

Result<Value> convert_path(const ConfigKey& key, const ConfigNode& node) {
    const std::string* text = node.text();
    const bool empty_allowed = key.zero_or_empty && text != nullptr && text->empty();
    if (text == nullptr || !is_plain(*text) || (!text->starts_with('/') && !empty_allowed)) {
        return must_be(key.zero_or_empty ? "an absolute path or \"\"" : "an absolute path");
    }
    return Value(*text);
}

Result<Value> convert_boolean(const ConfigKey& key, const ConfigNode& node) {
    if (const bool* held = std::get_if<bool>(&node.held)) return Value(*held);
    if (key.type != KeyType::enabled) return must_be("true or false");
    if (node.text() != nullptr && *node.text() == "auto") return Value("auto");
    return must_be("true, false or \"auto\"");
}

std::string duration_limits(const ConfigKey& key) {
    constexpr std::int64_t second = 1000;
    constexpr std::int64_t day = 86400 * second;
    const std::string least =
        key.minimum % second == 0 ? fmt::format("{}s", key.minimum / second) : fmt::format("{}ms", key.minimum);
    return fmt::format("a duration {}from \"{}\" to \"{}d\": an integer with ms, s, min, h or d, in quotes",
                       key.zero_or_empty ? "\"0\" or " : "", least, key.maximum / day);
}

// "0", and 0 too: it needs no unit.
std::optional<std::int64_t> duration_in(const ConfigNode& node) {
    const auto* number = std::get_if<std::int64_t>(&node.held);
    if (number != nullptr && *number == 0) return 0;
    return node.text() != nullptr ? parse_duration(*node.text()) : std::nullopt;
}

Result<Value> convert_duration(const ConfigKey& key, const ConfigNode& node) {
    constexpr std::int64_t microseconds = 1000;  // of a millisecond
    const auto held = duration_in(node);
    const bool zero = held && *held == 0;
    const bool in_range = held && *held >= key.minimum * microseconds && *held <= key.maximum * microseconds;
    if (!in_range && !(zero && key.zero_or_empty)) return must_be(duration_limits(key));
    return Value(*held);
}

Result<Value> convert_size(const ConfigKey& key, const ConfigNode& node) {
    const auto held = node.text() != nullptr ? parse_size(*node.text()) : std::nullopt;
    if (!held || *held < key.minimum || *held > key.maximum) {
        return must_be(fmt::format("a size from \"{}K\" to \"{}G\": an integer with K, M or G, in quotes",
                                   key.minimum >> 10, key.maximum >> 30));
    }
    return Value(*held);
}

Result<Value> convert_severity(const ConfigKey& key, const ConfigNode& node) {
    const auto severity = node.text() != nullptr ? parse_severity(*node.text()) : std::nullopt;
    const bool may_record = key.type == KeyType::rule_severity;
    if (!severity || (*severity == Severity::record && !may_record)) {
        return must_be(alternatives(may_record ? "record low medium high critical" : "low medium high critical"));
    }
    return Value(*node.text());
}

Result<Value> convert_integer(const ConfigKey& key, const ConfigNode& node) {
    const auto* held = std::get_if<std::int64_t>(&node.held);
    if (held == nullptr || *held < key.minimum || *held > key.maximum) {
        return must_be(fmt::format("an integer from {} to {}", key.minimum, key.maximum));
    }
    return Value(*held);
}

Result<Value> convert_choice(const ConfigKey& key, const ConfigNode& node) {
    const std::string* text = node.text();
    const bool empty = text != nullptr && text->empty();
    const bool good = text != nullptr && (empty ? key.zero_or_empty : is_one_of(*text, key.allowed));
    if (!good) return must_be((key.zero_or_empty ? "\"\" or " : "") + alternatives(key.allowed));
    return Value(*text);
}

Result<Value> convert_date(const ConfigNode& node) {
    const std::string* text = node.text();
    if (text != nullptr && text->empty()) return Value(std::int64_t{0});
    const auto until = text != nullptr ? parse_until(*text) : std::nullopt;
    if (!until) return must_be("\"\", a date as \"2027-01-31\", or a time as \"2027-01-31T12:00:00Z\"");
    return Value(static_cast<std::int64_t>(*until));
}

Result<Value> convert_list(const ConfigKey& key, KeyType entry_type, const ConfigNode& node) {
    const ConfigList* list = node.list();
    if (list == nullptr || list->size() > longest_list) return must_be("a list of at most 1000 entries");
    ConfigKey entry_key = key;
    entry_key.type = entry_type;
    ValueList converted;
    for (const ConfigNode& entry : *list) {
        auto value = convert_value(entry_key, entry);
        if (!value) return Error{"each entry " + value.error().message};
        converted.push_back(std::move(value).value());
    }
    return Value(std::move(converted));
}

Value default_integer(std::string_view text) {
    std::int64_t number = 0;
    (void)std::from_chars(text.data(), text.data() + text.size(), number);
    return Value(number);
}

// The default as it would stand in a file.
ConfigNode default_node(KeyType type, std::string_view text) {
    ConfigNode node;
    if (type == KeyType::integer) {
        node.held = *default_integer(text).get<std::int64_t>();
    } else if (text == "true" || text == "false") {
        node.held = text == "true";
    } else {
        node.held = std::string(text);
    }
    return node;
}

ConfigNode default_list(KeyType entry_type, std::string_view text) {
    ConfigList list;
    for (const std::string_view word : split_words(text))
        list.push_back(default_node(entry_type, word));
    ConfigNode node;
    node.held = std::move(list);
    return node;
}

}  // namespace

Result<Value> convert_value(const ConfigKey& key, const ConfigNode& node) {
    switch (key.type) {
        case KeyType::text:
            return convert_text(node);
        case KeyType::name:
            return convert_name(node);
        case KeyType::path:
            return convert_path(key, node);
        case KeyType::boolean:
        case KeyType::enabled:
            return convert_boolean(key, node);
        case KeyType::duration:
            return convert_duration(key, node);
        case KeyType::size:
            return convert_size(key, node);
        case KeyType::severity:
        case KeyType::rule_severity:
            return convert_severity(key, node);
        case KeyType::integer:
            return convert_integer(key, node);
        case KeyType::choice:
            return convert_choice(key, node);
        case KeyType::choices:
            return convert_list(key, KeyType::choice, node);
        case KeyType::integers:
            return convert_list(key, KeyType::integer, node);
        case KeyType::texts:
            return convert_list(key, KeyType::text, node);
        case KeyType::date:
            return convert_date(node);
    }
    return Error{"has no type"};
}

Value default_value(const ConfigKey& key) {
    const bool is_list = key.type == KeyType::choices || key.type == KeyType::integers || key.type == KeyType::texts;
    const KeyType entry = key.type == KeyType::integers ? KeyType::integer : KeyType::text;
    const ConfigNode node =
        is_list ? default_list(entry, key.default_value) : default_node(key.type, key.default_value);
    auto value = convert_value(key, node);
    assert(value.ok() || key.presence != Presence::defaulted);  // the schema's own defaults (config_test.cpp)
    return value.ok() ? std::move(value).value() : Value();
}

}  // namespace integrityd
