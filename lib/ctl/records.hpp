// Audit records in words: users, system calls and titles by name.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace integrityctl {

// What the daemon's escaping (`\\xNN`, `\\\\`) stands for. What is no escape stands for itself.
[[nodiscard]] std::string unescaped(std::string_view text);

// Of records as a violation's details hold them (escaped): what a person asks of them, by field; empty where they are
// no records. Names of users are this machine's, so it may take as long as these are asked for.
[[nodiscard]] std::map<std::string, std::string> records_in_words(std::string_view escaped_records);

}  // namespace integrityctl
