// The variables of the Secure Boot policy as efivarfs shows them: what the firmware will measure at the next boot.
#pragma once

#include <map>
#include <set>
#include <string>

namespace integrityd {

// A variable that could not be read may hold anything, and one that is not in an efivarfs that is there is empty.
struct EfiVariables {
    std::map<std::string, std::string> values;  // by name; PK, KEK, db, dbx, SecureBoot, SetupMode, as far as there
    std::set<std::string> unread;               // there, and not to be read now

    // Where nothing is found, efivarfs itself is not there: firmware always has SecureBoot and SetupMode.
    [[nodiscard]] bool knows(const std::string& name) const { return !values.empty() && !unread.contains(name); }
};

// `directory`: where efivarfs is mounted. Blocks: for a lane.
[[nodiscard]] EfiVariables read_efi_variables(const std::string& directory);

}  // namespace integrityd
