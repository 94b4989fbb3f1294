// What an event says of itself, in one line for a person; never what is judged.
#pragma once

#include <string>

#include "sources/event_log.hpp"

namespace integrityd {

// Escaped, at most 200 bytes.
[[nodiscard]] std::string boot_event_text(const LogEvent& event);

// The file that a UEFI device path ends with ("\EFI\BOOT\BOOTX64.EFI"), or else what kind of device; empty for none.
[[nodiscard]] std::string device_path_file(std::string_view path);

}  // namespace integrityd
