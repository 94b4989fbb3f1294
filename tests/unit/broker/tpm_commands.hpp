// TPM commands as the daemon sends them, and others that it must not be able to send.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "core/tpm_index.hpp"
#include "core/tpm_link.hpp"

namespace integrityd::test {

inline constexpr std::uint32_t owner_handle = 0x40000001;
inline constexpr std::uint32_t lockout_handle = 0x4000000a;
inline constexpr std::uint32_t platform_handle = 0x4000000c;

inline void add_number(TpmBytes& to, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8)
        to.push_back(static_cast<std::uint8_t>(number >> shift));
}

// A command of this code; its size is right.
inline TpmBytes tpm_command(std::uint32_t code, const TpmBytes& rest = {}, std::uint8_t tag = 1) {
    TpmBytes command = {0x80, tag};
    add_number(command, static_cast<std::uint32_t>(tpm_header_size + rest.size()));
    add_number(command, code);
    command.insert(command.end(), rest.begin(), rest.end());
    return command;
}

// With handles, authorised by a password (the empty one as a rule), then parameters.
inline TpmBytes authorised_command(std::uint32_t code, std::initializer_list<std::uint32_t> handles,
                                   const TpmBytes& parameters = {}, const TpmBytes& password = {}) {
    TpmBytes rest;
    for (const std::uint32_t handle : handles)
        add_number(rest, handle);
    add_number(rest, static_cast<std::uint32_t>(9 + password.size()));
    add_number(rest, 0x40000009);
    rest.insert(rest.end(), {0, 0, 0, 0, static_cast<std::uint8_t>(password.size())});
    rest.insert(rest.end(), password.begin(), password.end());
    rest.insert(rest.end(), parameters.begin(), parameters.end());
    return tpm_command(code, rest, 2);
}

inline TpmBytes read_clock_command() {
    return tpm_command(0x181);
}

// Of SHA-256, PCR 0 to 7.
inline TpmBytes pcr_read_command() {
    return tpm_command(0x17e, {0, 0, 0, 1, 0, 0x0b, 3, 0xff, 0, 0});
}

inline TpmBytes nv_read_command(std::uint32_t auth = tpm_digest_index, std::uint32_t index = tpm_digest_index,
                                const TpmBytes& password = {}) {
    return authorised_command(0x14e, {auth, index}, {0, 32, 0, 0}, password);
}

}  // namespace integrityd::test
