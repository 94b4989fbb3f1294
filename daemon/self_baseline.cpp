#include "self_baseline.hpp"

#include <cerrno>

#include "core/canonical_json.hpp"
#include "core/catalogue_kinds.hpp"
#include "core/digest.hpp"
#include "core/members.hpp"

namespace integrityd {

namespace {

constexpr const char* subject = "integrityd";

Value value_at(const ValueMap& map, std::string_view section, std::string_view key) {
    const ValueMap* table = map_at(map, section);
    if (table == nullptr) return {};
    const auto found = table->find(key);
    return found == table->end() ? Value() : found->second;
}

bool is_off(const Value& enabled) {
    const bool* flag = enabled.get<bool>();
    return flag != nullptr && !*flag;
}

void compare(const std::string& prefix, const ValueMap& accepted, const ValueMap& effective, ValueMap& into);

void compare_value(const std::string& name, const Value* accepted, const Value* effective, ValueMap& into) {
    if (accepted != nullptr && effective != nullptr) {
        if (*accepted == *effective) return;
        const auto* left = accepted->get<ValueMap>();
        const auto* right = effective->get<ValueMap>();
        if (left != nullptr && right != nullptr) return compare(name, *left, *right, into);
    }
    into[name] = ValueMap{{"accepted", accepted != nullptr ? *accepted : Value()},
                          {"effective", effective != nullptr ? *effective : Value()}};
}

void compare(const std::string& prefix, const ValueMap& accepted, const ValueMap& effective, ValueMap& into) {
    const std::string start = prefix.empty() ? "" : prefix + ".";
    for (const auto& [name, value] : accepted) {
        const auto other = effective.find(name);
        compare_value(start + name, &value, other == effective.end() ? nullptr : &other->second, into);
    }
    for (const auto& [name, value] : effective) {
        if (!accepted.contains(name)) compare_value(start + name, nullptr, &value, into);
    }
}

ValueMap read_map(const std::string& canonical) {
    auto value = read_json(canonical);
    const ValueMap* map = value ? value->get<ValueMap>() : nullptr;
    return map != nullptr ? *map : ValueMap();
}

}  // namespace

ValueMap differences(const ValueMap& accepted, const ValueMap& effective) {
    ValueMap into;
    compare("", accepted, effective, into);
    return into;
}

std::vector<std::string> reductions(const ValueMap& accepted, const ValueMap& effective) {
    std::vector<std::string> less;
    for (const auto* watcher : {"aide", "audit", "tls", "luks", "boot"}) {
        if (!is_off(value_at(accepted, watcher, "enabled")) && is_off(value_at(effective, watcher, "enabled"))) {
            less.push_back(std::string("the ") + watcher + " watcher is disabled");
        }
    }
    const auto before = parse_severity(value_at(accepted, "daemon", "violated_at").text());
    const auto now = parse_severity(value_at(effective, "daemon", "violated_at").text());
    if (before && now && *now > *before) less.emplace_back("daemon.violated_at is higher");
    if (value_at(accepted, "severity", "rule") != value_at(effective, "severity", "rule")) {
        less.emplace_back("the severity rules are others");
    }
    return less;
}

void SelfBaseline::set_config(const Config& config) {
    canonical_ = config.canonical;
    digest_ = sha256_hex(canonical_);
    judged_ = false;
}

std::vector<const Kind*> SelfBaseline::kinds() {
    return {&kinds::self_config_changed, &kinds::self_coverage_reduced, &kinds::self_baseline_tampered};
}

Look SelfBaseline::look() {
    Look look;
    look.scope = {.source = "self",
                  .kinds = {&kinds::self_config_changed, &kinds::self_coverage_reduced},
                  .subjects = std::nullopt};
    const auto accepted = baselines_.load("self");
    if (!accepted) return look;  // tampered: said by the one who looks at all baselines; nothing is taken back
    look.complete = judged_ = true;
    if (!*accepted) return look;
    const ValueMap* document = map_at((*accepted)->content, "config");
    if (document == nullptr) return look;
    const ValueMap effective = read_map(canonical_);
    const ValueMap changed = differences(*document, effective);
    if (changed.empty()) return look;
    Observation other{.kind = &kinds::self_config_changed, .subject = subject};
    other.summary = std::to_string(changed.size()) + " settings differ from the accepted configuration";
    other.evidence = {{"differences", changed}};
    look.seen.push_back(other);
    for (const auto& reason : reductions(*document, effective)) {
        Observation less{.kind = &kinds::self_coverage_reduced, .subject = reason};
        less.summary = "less is watched than was accepted: " + reason;
        look.seen.push_back(less);
    }
    return look;
}

Result<BaselineDiff> SelfBaseline::diff() const {
    const auto accepted = baselines_.load("self");
    if (!accepted) return accepted.error();
    BaselineDiff diff{.difference = {}, .digest = digest_};
    const ValueMap effective = read_map(canonical_);
    const ValueMap* document = *accepted ? map_at((*accepted)->content, "config") : nullptr;
    diff.difference = {{"accepted", Value(document != nullptr)},
                       {"differences", document != nullptr ? differences(*document, effective) : ValueMap{}}};
    return diff;
}

Result<void> SelfBaseline::accept(std::string_view digest) {
    if (digest != digest_) return Error{"the configuration is another one than was shown", ECANCELED};
    auto accepted = baselines_.accept("self", {{"version", 1}, {"config", read_map(canonical_)}, {"digest", digest_}});
    if (!accepted) return accepted.error();
    return {};
}

}  // namespace integrityd
