// SelfBaseline: the accepted configuration of integrityd itself.
//
// A configuration that differs from the accepted one is `self.config.changed`; one that watches less
// (a watcher disabled, a threshold raised, a severity lowered) is `self.coverage.reduced` too. Until
// one was accepted, nothing is judged here: what is delivered is not called a change.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/values.hpp"
#include "state/baseline.hpp"
#include "watchers/watcher.hpp"

namespace integrityd {

class SelfBaseline {
public:
    explicit SelfBaseline(BaselineStore& baselines) : baselines_(baselines) {}

    // The configuration that is in force now.
    void set_config(const Config& config);

    // Compares it with what was accepted; the look of `self`'s own conditions. Not complete while what was accepted
    // cannot be read.
    [[nodiscard]] Look look();
    // The configuration in force was compared.
    [[nodiscard]] bool judged() const { return judged_; }
    [[nodiscard]] Result<BaselineDiff> diff() const;
    Result<void> accept(std::string_view digest);
    [[nodiscard]] static std::vector<const Kind*> kinds();

private:
    BaselineStore& baselines_;
    std::string canonical_;
    std::string digest_;
    bool judged_ = false;
};

// What an effective configuration watches less than the accepted one: a sentence for each.
[[nodiscard]] std::vector<std::string> reductions(const ValueMap& accepted, const ValueMap& effective);
// Keys (dotted) whose values differ, with both values.
[[nodiscard]] ValueMap differences(const ValueMap& accepted, const ValueMap& effective);

}  // namespace integrityd
