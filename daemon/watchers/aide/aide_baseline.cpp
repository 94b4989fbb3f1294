#include "watchers/aide/aide_baseline.hpp"

#include <cerrno>

#include "core/members.hpp"

namespace integrityd {

namespace {

ValueMap to_value(const AideAccepted& accepted) {
    return {{"database", text_list(accepted.databases)}, {"config", text_list(accepted.configs)}};
}

}  // namespace

Result<std::optional<AideAccepted>> AideBaseline::load() {
    const auto baseline = store_.load("aide");
    if (!baseline) return baseline.error();
    if (!*baseline) return std::optional<AideAccepted>();
    const auto& content = (*baseline)->content;
    const auto images = content.find("images");
    const auto* const map = images == content.end() ? nullptr : images->second.get<ValueMap>();
    if (map == nullptr) return Error{"the accepted baseline of aide cannot be understood"};
    const auto image = map->find(store_.image());
    const auto* const values = image == map->end() ? nullptr : image->second.get<ValueMap>();
    if (values == nullptr) return std::optional<AideAccepted>();
    return std::optional<AideAccepted>(AideAccepted{texts_at(*values, "database"), texts_at(*values, "config")});
}

Result<void> AideBaseline::accept(const AideAccepted& accepted) {
    ValueMap images;
    // A document that is not what was accepted is replaced as a whole.
    if (const auto baseline = store_.load("aide"); baseline && *baseline) {
        const auto found = (*baseline)->content.find("images");
        if (found != (*baseline)->content.end()) {
            if (const auto* const known = found->second.get<ValueMap>()) images = *known;
        }
    }
    images[store_.image()] = to_value(accepted);
    const auto written = store_.accept("aide", {{"version", 1}, {"images", std::move(images)}});
    if (!written) return written.error();
    return {};
}

Result<void> AideBaseline::import(const ValueMap& document) {
    ValueMap images;
    for (const auto& [image, value] : members_at(document, "images")) {
        const auto* const values = value.get<ValueMap>();
        if (values == nullptr || !are_digests_at(*values, "database") || !are_digests_at(*values, "config"))
            return Error{"its digests of database and configuration are no lists of SHA-256 in hex", EINVAL};
        images[image] = to_value(AideAccepted{texts_at(*values, "database"), texts_at(*values, "config")});
    }
    if (number_at(document, "version") != 1 || images.empty())
        return Error{"it is no baseline of aide as `integrityctl baseline export aide` prints it", EINVAL};
    const auto written = store_.accept("aide", {{"version", 1}, {"images", std::move(images)}});
    if (!written) return written.error();
    return {};
}

}  // namespace integrityd
