// Where a TPM is reached: the key `tcti` of the configuration, in the words of tpm2-tss.
//
// "device:PATH", "swtpm:path=PATH" or "swtpm:host=127.0.0.1,port=PORT". No other: a TCTI of tpm2-tss is a library that
// is loaded by its name, waits without an end and, for tabrmd, asks the bus.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

struct TpmAddress {
    enum class Kind : std::uint8_t { device, socket, port };
    Kind kind = Kind::device;
    std::string path;        // of device and socket; absolute
    std::uint16_t port = 0;  // of 127.0.0.1
};

[[nodiscard]] Result<TpmAddress> parse_tpm_address(std::string_view tcti);

// A descriptor for core/tpm_link.hpp. ENODEV: no TPM is there. ETIMEDOUT: a software TPM is busy with others for longer
// than `patience` (not zero); a device is opened at once.
[[nodiscard]] Result<UniqueFd> open_tpm(const TpmAddress& address,
                                        std::chrono::milliseconds patience = std::chrono::seconds(2));

}  // namespace integrityd
