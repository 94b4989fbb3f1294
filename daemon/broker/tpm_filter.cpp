#include "broker/tpm_filter.hpp"

#include <cerrno>

#include "core/tpm_index.hpp"
#include "core/tpm_link.hpp"

namespace integrityd {

namespace {

using Bytes = std::span<const std::uint8_t>;

// TPM 2.0 Library, Part 2 (tags, codes, handles) and Part 3 (forms of the commands).
constexpr std::uint16_t no_sessions = 0x8001;
constexpr std::uint16_t with_sessions = 0x8002;
constexpr std::uint32_t nv_read = 0x14e;
constexpr std::uint32_t nv_read_public = 0x169;
constexpr std::uint32_t read_public = 0x173;
constexpr std::uint32_t get_capability = 0x17a;
constexpr std::uint32_t pcr_read = 0x17e;
constexpr std::uint32_t read_clock = 0x181;
constexpr std::uint32_t password_session = 0x40000009;
// TPM2_NUM_PCR_BANKS of tpm2-tss; 4 bytes select 32 PCRs (PCR_SELECT_MAX of a PC is 3).
constexpr std::uint32_t most_banks = 16;
constexpr std::uint8_t longest_selection = 4;

std::uint32_t short_at(Bytes command, std::size_t at) {
    return std::uint32_t{command[at]} << 8U | command[at + 1];
}

// After the header: how many banks, and of each its algorithm and a bit map of PCRs.
bool is_pcr_selection(Bytes rest) {
    if (rest.size() < 4 || tpm_number_at(rest, 0) > most_banks) return false;
    std::uint32_t banks = tpm_number_at(rest, 0);
    rest = rest.subspan(4);
    for (; banks > 0; --banks) {
        if (rest.size() < 3 || rest[2] > longest_selection || rest.size() < 3U + rest[2]) return false;
        rest = rest.subspan(3U + rest[2]);
    }
    return rest.empty();
}

// One of our indexes, authorised by itself with the empty password; then how much and from where.
bool is_read_of_ours(Bytes rest) {
    constexpr std::size_t size = 4 + 4 + 4 + 9 + 2 + 2;
    if (rest.size() != size) return false;
    const std::uint32_t index = tpm_number_at(rest, 4);
    const bool ours = index == tpm_digest_index || index == tpm_counter_index;
    const bool by_itself = tpm_number_at(rest, 0) == index;
    // One session of nine bytes: the password's, without nonce, and no secret. Its attributes mean nothing.
    const bool no_secret = tpm_number_at(rest, 8) == 9 && tpm_number_at(rest, 12) == password_session &&
                           short_at(rest, 16) == 0 && short_at(rest, 19) == 0;
    return ours && by_itself && no_secret;
}

bool is_form_of(std::uint32_t code, Bytes rest) {
    switch (code) {
        case read_clock:
            return rest.empty();
        case read_public:
        case nv_read_public:
            return rest.size() == 4;
        case get_capability:
            return rest.size() == 12;
        case pcr_read:
            return is_pcr_selection(rest);
        default:
            return is_read_of_ours(rest);
    }
}

bool is_reading(std::uint32_t code) {
    return code == nv_read || code == nv_read_public || code == read_public || code == get_capability ||
           code == pcr_read || code == read_clock;
}

}  // namespace

Result<void> check_tpm_command(std::span<const std::uint8_t> command) {
    if (command.size() > longest_tpm_message) return Error{"the TPM command is too long", EMSGSIZE};
    if (command.size() < tpm_header_size) return Error{"the TPM command is cut", EINVAL};
    if (tpm_number_at(command, 2) != command.size()) return Error{"not one whole TPM command", EINVAL};
    const std::uint32_t code = tpm_number_at(command, 6);
    if (!is_reading(code)) return Error{"a TPM command that reading does not need", EPERM};
    if (short_at(command, 0) != (code == nv_read ? with_sessions : no_sessions))
        return Error{"a TPM command with another authorisation than reading needs", EPERM};
    if (!is_form_of(code, command.subspan(tpm_header_size)))
        return Error{"a TPM command in a form that reading does not need", EPERM};
    return {};
}

}  // namespace integrityd
