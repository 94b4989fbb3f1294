// A TPM command of the daemon's: one that may be sent begins as one that reads, and is no longer than it says.
#include <cstdint>
#include <cstdlib>
#include <set>

#include "broker/tpm_filter.hpp"
#include "core/tpm_index.hpp"
#include "core/tpm_link.hpp"

using namespace integrityd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> command(data, size);
    const auto may = check_tpm_command(command);
    if (!may) {
        if (may.error().code == 0 || may.error().message.empty()) std::abort();
        return 0;
    }
    static const std::set<std::uint32_t> reading = {0x14e, 0x169, 0x173, 0x17a, 0x17e, 0x181};
    if (size < tpm_header_size || size > longest_tpm_message || tpm_number_at(command, 2) != size) std::abort();
    const std::uint32_t code = tpm_number_at(command, 6);
    if (!reading.contains(code)) std::abort();
    if (code != 0x14e) return 0;
    const std::uint32_t index = tpm_number_at(command, 14);
    if (index != tpm_digest_index && index != tpm_counter_index) std::abort();
    // No secret is tried: the length of the password.
    if (size != 35 || command[29] != 0 || command[30] != 0) std::abort();
    return 0;
}
