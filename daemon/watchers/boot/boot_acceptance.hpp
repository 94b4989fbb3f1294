// What an acceptance takes over of a boot: all that is there, or what some violations are about and nothing beside it.
#pragma once

#include "watchers/boot/boot_accepted.hpp"
#include "watchers/boot/boot_judge.hpp"
#include "watchers/wanted.hpp"

namespace integrityd {

// `view` is what is there, `present` the same as a baseline holds it (accept_view()); `before` null: nothing was
// accepted. EINVAL: what is wanted is part of what nobody accepted yet, or cannot be accepted.
[[nodiscard]] Result<BootAccepted> take_wanted(const BootAccepted* before, const BootAccepted& present,
                                               const BootView& view, const Wanted& wanted);

}  // namespace integrityd
