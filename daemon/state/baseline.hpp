// Baselines: what was accepted as good, a versioned document per watcher (contract section 10).
//
// Documents are canonical JSON files below state_dir/baseline, replaced atomically. The digest of
// each is a fact in the store (and in the chain: the notice `baseline.accepted`), so that a document
// edited behind our back is known as such. Values are *sets*, keyed by image, so that both slots of
// an A/B device can be good at the same time.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/value.hpp"

namespace integrityd {

struct Baseline {
    ValueMap content;    // by member: what the watcher put there
    std::string digest;  // hex SHA-256 of the document
};

class BaselineStore {
public:
    virtual ~BaselineStore() = default;
    // The accepted document; none: nothing was accepted yet. An error: there is one and it is not
    // what was accepted (edited, cut, unreadable), which is never taken for "none".
    [[nodiscard]] virtual Result<std::optional<Baseline>> load(std::string_view watcher) = 0;
    // Writes the document, synced, and pins its digest. Returns the digest.
    virtual Result<std::string> accept(std::string_view watcher, const ValueMap& content) = 0;
    // IMAGE_UUID of os-release; "" where the image has none.
    [[nodiscard]] virtual const std::string& image() const = 0;
};

class Store;

// Documents below `state_directory`/baseline, their digests as facts `baseline.WATCHER` in `store`.
[[nodiscard]] std::unique_ptr<BaselineStore> make_baseline_store(const std::string& state_directory, Store& store,
                                                                 const std::string& os_release = "/etc/os-release");

}  // namespace integrityd
