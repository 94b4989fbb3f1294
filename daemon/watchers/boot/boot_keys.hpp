// Secure Boot: on or off, whose keys, and whether they are those that were accepted; as measured, and as they will be
// at the next boot.
#pragma once

#include <string>
#include <vector>

#include "core/values.hpp"
#include "watchers/boot/boot_accepted.hpp"
#include "watchers/boot/boot_facts.hpp"

namespace integrityd {

struct KeyFacts {
    const MeasuredSecureBoot& measured;
    const EfiVariables& variables;
};

// What there is of it, as a baseline holds it.
[[nodiscard]] AcceptedSecureBoot present_secure_boot(const KeyFacts& facts);

// Whether this variable holds what was accepted: dbx may hold more, the others neither more nor less.
[[nodiscard]] bool are_accepted_keys(const MeasuredKeys& measured, const std::vector<std::string>& accepted);

// How findings name a test key in a variable, and a variable that was changed since the boot.
[[nodiscard]] std::string test_key_subject(const std::string& variable, const std::string& key);
[[nodiscard]] std::string at_next_boot(const std::string& variable);

// `accepted` null: nothing was accepted; then only what is wrong by itself is told.
[[nodiscard]] std::vector<Observation> judge_keys(const KeyFacts& facts, const AcceptedSecureBoot* accepted);

// Whether what was told since this boot may still hold although nothing shows it: a variable that would is not known.
[[nodiscard]] bool may_still_hold(const EfiVariables& variables, const AcceptedSecureBoot* accepted,
                                  const Violation& told);

}  // namespace integrityd
