#include "watchers/aide/aide_baseline.hpp"

#include "core/members.hpp"

namespace integrityd {

namespace {}  // namespace

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
    images[store_.image()] =
        ValueMap{{"database", text_list(accepted.databases)}, {"config", text_list(accepted.configs)}};
    const auto written = store_.accept("aide", {{"version", 1}, {"images", std::move(images)}});
    if (!written) return written.error();
    return {};
}

}  // namespace integrityd
