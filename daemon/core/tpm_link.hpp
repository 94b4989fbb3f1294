// TpmLink: one TPM command and its answer over a descriptor, each within a deadline.
//
// The descriptor is a device (one read, one answer), a stream to a software TPM (the length stands in the answer), or a
// connection to integrityd-broker after `command tpm` (core/broker_protocol.hpp): a socket of messages, which is how it
// is told apart.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

using TpmBytes = std::vector<std::uint8_t>;

// TPM2_MAX_COMMAND_SIZE and TPM2_MAX_RESPONSE_SIZE of the PC client profile.
inline constexpr std::size_t longest_tpm_message = 4096;
// Tag, size and code: the shortest command and the shortest answer.
inline constexpr std::size_t tpm_header_size = 10;

// The number in the big-endian order of the TPM; `at` + 4 bytes must be there.
[[nodiscard]] std::uint32_t tpm_number_at(std::span<const std::uint8_t> message, std::size_t at);

class TpmLink {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit TpmLink(UniqueFd fd);

    // A device is only as prompt as its driver: Linux answers poll(2) late while the TPM works. So on a device the
    // deadline that counts is the daemon's at the broker's socket, and the broker asks from a process of its own.
    //
    // ETIMEDOUT: no whole answer by then, and the link is of no more use. EPROTO: an answer that is none.
    // ECONNRESET: the other side has closed. With the broker also its own reasons.
    [[nodiscard]] Result<TpmBytes> exchange(std::span<const std::uint8_t> command, Time deadline);

private:
    enum class Form : std::uint8_t { device, stream, broker };

    [[nodiscard]] Result<void> send(std::span<const std::uint8_t> command, Time deadline) const;
    [[nodiscard]] Result<TpmBytes> receive(Time deadline) const;
    [[nodiscard]] Result<TpmBytes> receive_message(Time deadline) const;
    [[nodiscard]] Result<TpmBytes> receive_stream(Time deadline) const;
    [[nodiscard]] Result<TpmBytes> receive_from_broker(Time deadline) const;

    UniqueFd fd_;
    Form form_;
};

}  // namespace integrityd
