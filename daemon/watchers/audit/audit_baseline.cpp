#include "watchers/audit/audit_baseline.hpp"

#include <cerrno>
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

AuditAccepted read_accepted(const ValueMap& values) {
    return {texts_at(values, "rules"), texts_at(values, "config"), named(values, "rule_list", "text"),
            named(values, "files", "name")};
}

ValueMap to_value(const AuditAccepted& accepted) {
    return {{"rules", text_list(accepted.rules)},
            {"config", text_list(accepted.configs)},
            {"rule_list", list_of(accepted.rule_list, "text")},
            {"files", list_of(accepted.files, "name")}};
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
    return std::optional<AuditAccepted>(read_accepted(*values));
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
    images[store_.image()] = to_value(accepted);
    const auto written = store_.accept(watcher, {{"version", 1}, {"images", std::move(images)}});
    if (!written) return written.error();
    return {};
}

Result<void> AuditBaseline::import(const ValueMap& document) {
    ValueMap images;
    for (const auto& [image, value] : members_at(document, "images")) {
        const auto* const values = value.get<ValueMap>();
        if (values == nullptr || !are_digests_at(*values, "rules") || !are_digests_at(*values, "config"))
            return Error{"its digests of rules and configuration are no lists of SHA-256 in hex", EINVAL};
        images[image] = to_value(read_accepted(*values));
    }
    if (number_at(document, "version") != 1 || images.empty())
        return Error{"it is no baseline of audit as `integrityctl baseline export audit` prints it", EINVAL};
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
