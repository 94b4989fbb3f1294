#include "watchers/audit/audit_baseline.hpp"

#include <map>

#include "core/members.hpp"

namespace integrityd {

namespace {

constexpr std::string_view watcher = "audit";

std::vector<AuditNamed> named(const ValueMap& map, std::string_view name, std::string_view text) {
    std::vector<AuditNamed> out;
    const auto* const list = list_at(map, name);
    if (list == nullptr) return out;
    for (const auto& value : *list) {
        if (const auto* const each = value.get<ValueMap>())
            out.push_back({text_at(*each, text), text_at(*each, "sha256")});
    }
    return out;
}

ValueList list_of(const std::vector<AuditNamed>& things, const std::string& text) {
    ValueList list;
    for (const auto& thing : things) {
        ValueMap each;
        each[text] = thing.name;
        each["sha256"] = thing.sha256;
        list.emplace_back(std::move(each));
    }
    return list;
}

}  // namespace

Result<std::optional<AuditAccepted>> AuditBaseline::load() {
    const auto baseline = store_.load(watcher);
    if (!baseline) return baseline.error();
    if (!*baseline) return std::optional<AuditAccepted>();
    const auto& content = (*baseline)->content;
    const auto images = content.find("images");
    const auto* const map = images == content.end() ? nullptr : images->second.get<ValueMap>();
    if (map == nullptr) return Error{"the accepted baseline of audit cannot be understood"};
    const auto image = map->find(store_.image());
    const auto* const values = image == map->end() ? nullptr : image->second.get<ValueMap>();
    if (values == nullptr) return std::optional<AuditAccepted>();
    return std::optional<AuditAccepted>(AuditAccepted{texts_at(*values, "rules"), texts_at(*values, "config"),
                                                      named(*values, "rule_list", "text"),
                                                      named(*values, "files", "name")});
}

Result<void> AuditBaseline::accept(const AuditAccepted& accepted) {
    ValueMap images;
    // A document that is not what was accepted is replaced as a whole.
    if (const auto baseline = store_.load(watcher); baseline && *baseline) {
        const auto found = (*baseline)->content.find("images");
        if (found != (*baseline)->content.end()) {
            if (const auto* const known = found->second.get<ValueMap>()) images = *known;
        }
    }
    ValueMap values;
    values["rules"] = text_list(accepted.rules);
    values["config"] = text_list(accepted.configs);
    values["rule_list"] = list_of(accepted.rule_list, "text");
    values["files"] = list_of(accepted.files, "name");
    images[store_.image()] = std::move(values);
    const auto written = store_.accept(watcher, {{"version", 1}, {"images", std::move(images)}});
    if (!written) return written.error();
    return {};
}

AuditListDifference compare(const std::vector<AuditNamed>& accepted, const std::vector<AuditNamed>& present) {
    std::map<std::pair<std::string, std::string>, std::int64_t> surplus;
    for (const auto& each : present)
        ++surplus[{each.name, each.sha256}];
    for (const auto& each : accepted)
        --surplus[{each.name, each.sha256}];
    AuditListDifference difference;
    for (const auto& [each, count] : surplus) {
        auto& list = count > 0 ? difference.added : difference.removed;
        list.insert(list.end(), static_cast<std::size_t>(count < 0 ? -count : count), each.first);
    }
    return difference;
}

}  // namespace integrityd
