// The command line of the running kernel, as far as the event log vouches for it.
//
// The log holds the line itself where GRUB measured it, and elsewhere (Linux's EFI stub, systemd's) only a digest of
// it. So it is asked the other way round: whether a digest of the log is that of the line that the kernel shows.
#pragma once

#include <string>
#include <string_view>

#include "sources/event_log.hpp"

namespace integrityd {

// x86 takes 2048 bytes, others up to 4096.
inline constexpr std::size_t longest_command_line = 4096;

// PCR 8, 9, 11 and 12: GRUB's, the kernel's stub's, systemd's.
[[nodiscard]] bool may_hold_command_line(std::uint32_t pcr);

// Whether `line` (of /proc/cmdline) is what was measured into one of these PCRs. Total. That log and TPM agree there
// is for the caller to see.
[[nodiscard]] bool is_measured_command_line(const EventLog& log, HashAlgorithm bank, std::string_view line);

// The hash of dm-verity that it names for the root ("roothash=" of systemd and dracut), in lower case; empty: it names
// none, or several.
[[nodiscard]] std::string named_root_hash(std::string_view line);

}  // namespace integrityd
