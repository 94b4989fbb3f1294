// AideBaseline: the accepted digests of AIDE's database and configuration, by image.
//
// {"version": 1, "images": {IMAGE: {"database": [hex…], "config": [hex…]}}}
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "state/baseline.hpp"

namespace integrityd {

struct AideAccepted {
    std::vector<std::string> databases;
    std::vector<std::string> configs;
};

class AideBaseline {
public:
    explicit AideBaseline(BaselineStore& store) : store_(store) {}

    // Reads what was accepted for the image that runs; none: nothing was. An error: there is a
    // document, and it is not what was accepted.
    [[nodiscard]] Result<std::optional<AideAccepted>> load();
    // Takes the place of what was accepted for this image; other images keep theirs.
    [[nodiscard]] Result<void> accept(const AideAccepted& accepted);
    // Takes the place of all that was accepted, of every image. EINVAL: it is no document as they are written here.
    [[nodiscard]] Result<void> import(const ValueMap& document);
    [[nodiscard]] const std::string& image() const { return store_.image(); }

private:
    BaselineStore& store_;
};

}  // namespace integrityd
