// LuksBaseline: the accepted document of the watcher: read, merged with what is there, written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/values.hpp"
#include "state/baseline.hpp"
#include "watchers/luks/luks_accepted.hpp"
#include "watchers/wanted.hpp"

namespace integrityd {

// What is there, as it would be accepted.
struct LuksPresent {
    LuksRecords volumes;
    std::optional<ValueMap> tpm;  // none: not known

    // Of all of it, for the acceptance of what was shown.
    [[nodiscard]] std::string digest() const;
};

class LuksBaseline {
public:
    explicit LuksBaseline(BaselineStore& store) : store_(store) {}

    // Reads what was accepted; problem() says what is wrong with it.
    void load();

    [[nodiscard]] const std::optional<Baseline>& document() const { return document_; }
    // Null: nothing was accepted of this volume.
    [[nodiscard]] const LuksRecord* of(const std::string& volume) const;
    // Empty: there is one, and it is what was accepted.
    [[nodiscard]] const std::string& problem() const { return problem_; }
    // Nothing was ever accepted; a document that somebody changed is not nothing.
    [[nodiscard]] bool is_none() const { return !document_ && !unreadable_; }
    // Something was accepted, and nobody knows what: the document was changed, or cannot be read.
    [[nodiscard]] bool is_unreadable() const { return unreadable_; }

    // Takes of `present` what is wanted: all of a volume that nothing was accepted of, once something about it is. The
    // rest stays as it was accepted.
    Result<void> accept(const LuksPresent& present, const Wanted& wanted);

    // Takes the place of all that was accepted. EINVAL: it is no document as they are written here.
    Result<void> import(const ValueMap& document);

    // What is there against what was accepted, for people.
    [[nodiscard]] ValueMap difference(const LuksPresent& present, const ValueMap& of_tpm) const;

private:
    BaselineStore& store_;
    std::optional<Baseline> document_;
    LuksRecords volumes_;
    std::string problem_;
    bool unreadable_ = false;
};

}  // namespace integrityd
