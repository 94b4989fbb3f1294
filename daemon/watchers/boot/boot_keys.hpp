// Secure Boot: on or off, whose keys, and whether they are those that were accepted; as measured, and as they will be
// at the next boot.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/values.hpp"
#include "watchers/boot/boot_accepted.hpp"

namespace integrityd {

struct KeyFacts {
    const MeasuredSecureBoot& measured;
    const std::map<std::string, std::string>& variables;  // efivarfs, by name
};

// What there is of it, as a baseline holds it.
[[nodiscard]] AcceptedSecureBoot present_secure_boot(const KeyFacts& facts);

// Whether this variable holds what was accepted: dbx may hold more, the others neither more nor less.
[[nodiscard]] bool are_accepted_keys(const MeasuredKeys& measured, const std::vector<std::string>& accepted);

// `accepted` null: nothing was accepted; then only what is wrong by itself is told.
[[nodiscard]] std::vector<Observation> judge_keys(const KeyFacts& facts, const AcceptedSecureBoot* accepted);

}  // namespace integrityd
