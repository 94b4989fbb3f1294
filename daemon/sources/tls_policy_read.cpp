// A policy's file → TlsPolicy.
#include <algorithm>
#include <cerrno>
#include <ctime>

#include "core/config_tree.hpp"
#include "core/escape.hpp"
#include "core/read_file.hpp"
#include "sources/tls_policy.hpp"
#include "sources/tls_suites.hpp"
#include "sources/tls_types.hpp"

namespace integrityd {

namespace {

// A policy lists some hundred items of 100 bytes.
constexpr std::size_t longest_policy = 1U << 20;
constexpr std::size_t most_items = 1000;

// "2029" is its last second, "2026-12-31" that day's; "2031+" has no end, only a date until which it was looked ahead.
std::optional<std::int64_t> parse_until(std::string_view text) {
    if (text.ends_with('+')) text.remove_suffix(1);
    const std::string day = text.size() == 4 ? std::string(text) + "-12-31" : std::string(text);
    std::tm utc{};
    const char* const end = strptime(day.c_str(), "%Y-%m-%d", &utc);
    if (day.size() != 10 || end == nullptr || *end != '\0') return std::nullopt;
    utc.tm_hour = 23;
    utc.tm_min = 59;
    utc.tm_sec = 59;
    return static_cast<std::int64_t>(timegm(&utc));
}

class PolicyReader {
public:
    explicit PolicyReader(const ConfigNode& root) : root_(root) {}

    TlsPolicy read() {
        TlsPolicy policy;
        policy.name = text(root_, "name");
        policy.title = text(root_, "title");
        policy.date = text(root_, "date");
        policy.until_text = text(root_, "until");
        policy.until = until(root_, policy.until_text);
        for (const auto& node : list("source"))
            policy.sources.push_back({text(node, "name"), text(node, "text"), flag(node, "checked")});
        known_sources_ = &policy.sources;
        policy.protocols = items("protocol");
        policy.ciphers = items("cipher");
        policy.groups = items("group");
        policy.signatures = items("signature");
        policy.keys = items("key");
        policy.curves = items("curve");
        read_forbidden(policy);
        return policy;
    }
    [[nodiscard]] const std::vector<ConfigProblem>& problems() const { return problems_; }

private:
    void tell(const ConfigNode& node, std::string what) {
        problems_.push_back(problem_at(node.place, std::move(what)));
    }

    std::string text(const ConfigNode& node, std::string_view name) {
        const ConfigNode* const member = find_member(&node, name);
        const std::string* const held = member != nullptr ? member->text() : nullptr;
        if (held == nullptr || held->empty()) {
            tell(node, std::string(name) + " must be a text");
            return "";
        }
        return *held;
    }
    bool flag(const ConfigNode& node, std::string_view name) {
        const ConfigNode* const member = find_member(&node, name);
        const bool* const held = member != nullptr ? std::get_if<bool>(&member->held) : nullptr;
        if (held == nullptr) tell(node, std::string(name) + " must be true or false");
        return held != nullptr && *held;
    }
    std::int64_t until(const ConfigNode& node, const std::string& words) {
        const auto end = parse_until(words);
        if (!end) tell(node, "until must be as \"2029\", \"2029+\" or \"2029-12-31\"");
        return !end || words.ends_with('+') ? INT64_MAX : *end;
    }
    const ConfigList& list(std::string_view name) {
        static const ConfigList none;
        const ConfigNode* const member = find_member(&root_, name);
        if (member == nullptr) return none;
        const ConfigList* const held = member->list();
        if (held == nullptr || held->size() > most_items) {
            tell(*member, std::string(name) + " must be a list of at most 1000 entries");
            return none;
        }
        return *held;
    }
    std::uint32_t number(const ConfigNode& node, std::string_view name, bool required) {
        const ConfigNode* const member = find_member(&node, name);
        const auto* const held = member != nullptr ? std::get_if<std::int64_t>(&member->held) : nullptr;
        const bool good = held != nullptr && *held > 0 && *held <= 0xffff;
        if (!good && (required || member != nullptr))
            tell(node, std::string(name) + " must be a number from 1 to 65535");
        return good ? static_cast<std::uint32_t>(*held) : 0;
    }
    // Every entry has a name, an end and a source; what is compared by number has that too.
    std::vector<TlsPolicyItem> items(std::string_view section) {
        std::vector<TlsPolicyItem> read;
        const std::string_view id = section == "key" ? "bits" : "id";
        const bool numbered = section == "cipher" || section == "group" || section == "key";
        for (const auto& node : list(section)) {
            TlsPolicyItem item;
            item.name = text(node, "name");
            item.id = number(node, id, numbered);
            item.until_text = text(node, "until");
            item.until = until(node, item.until_text);
            item.source = text(node, "source");
            if (std::ranges::find(*known_sources_, item.source, &TlsPolicySource::name) == known_sources_->end())
                tell(node, "source is none of [[source]]");
            read.push_back(std::move(item));
        }
        return read;
    }
    std::vector<std::string> words(const ConfigNode* table, std::string_view name) {
        std::vector<std::string> read;
        const ConfigNode* const member = find_member(table, name);
        const ConfigList* const held = member != nullptr ? member->list() : nullptr;
        if (member != nullptr && held == nullptr) tell(*member, std::string(name) + " must be a list of texts");
        for (std::size_t i = 0; held != nullptr && i < held->size() && i < most_items; ++i) {
            if (const std::string* const word = (*held)[i].text()) read.push_back(*word);
        }
        return read;
    }
    void read_forbidden(TlsPolicy& policy) {
        const ConfigNode* const table = find_member(&root_, "forbidden");
        policy.forbidden_protocols = words(table, "protocols");
        policy.forbidden_classes = words(table, "classes");
        policy.forbidden_groups = words(table, "groups");
        policy.forbidden_signatures = words(table, "signatures");
        for (const auto* const type : {"rsa", "ec", "dsa", "dh"}) {
            const ConfigNode* const bits = find_member(find_member(table, "keys_below"), type);
            if (bits == nullptr) continue;
            policy.forbidden_keys.push_back(
                {type, number(*find_member(table, "keys_below"), type, true), INT64_MAX, "", ""});
        }
    }

    const ConfigNode& root_;
    const std::vector<TlsPolicySource>* known_sources_ = nullptr;
    std::vector<ConfigProblem> problems_;
};

}  // namespace

Result<TlsPolicy> read_tls_policy(std::string_view text, const std::string& file) {
    if (text.size() > longest_policy) return Error{escape_cut(file, 400) + ": longer than 1 MiB", EFBIG};
    std::vector<ConfigProblem> problems;
    const ConfigNode root = read_config_text(text, file, problems);
    if (!problems.empty()) return Error{escape_cut(to_string(problems.front()), 512)};
    PolicyReader reader(root);
    TlsPolicy policy = reader.read();
    if (!reader.problems().empty()) return Error{escape_cut(to_string(reader.problems().front()), 512)};
    return policy;
}

Result<TlsPolicy> load_tls_policy(const std::string& name, const std::string& directory) {
    const bool is_path = name.starts_with('/');
    if (!is_path && (name.empty() || name.find('/') != std::string::npos || name.starts_with('.')))
        return Error{"the policy " + escape_cut(name, 200) + " is neither a name nor an absolute path", EINVAL};
    const std::string path = is_path ? name : directory + "/" + name + ".toml";
    const auto text = read_file(path, longest_policy);
    if (!text) return text.error();
    return read_tls_policy(*text, path);
}

}  // namespace integrityd
