// What the verbs about baselines share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <integrity/integrity.hpp>

#include "context.hpp"

namespace integrityctl {

// The one that was named, or all.
[[nodiscard]] std::vector<std::string> baseline_watchers(Context& context, const std::string& watcher);

// None: one of `all` has no difference to show; it was said why. Where that is not because this device does without the
// watcher, `code` becomes exit_failed.
[[nodiscard]] std::optional<integrity::BaselineDiff> difference(Context& context, const std::string& watcher, bool all,
                                                                int& code);

void show_difference(Context& context, const std::string& watcher, const integrity::BaselineDiff& diff);

}  // namespace integrityctl
