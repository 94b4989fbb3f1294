// Swtpm: a real TPM in software (swtpm) for one test, with its state in a directory of the test's own.
//
// It serves one connection at a time and has no resource manager: a connection that stays open keeps all others
// waiting, and only 3 transient objects and 3 sessions fit in it (`tpm2_flushcontext` between the steps of a tool that
// leaks).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "support/temporary_directory.hpp"

namespace integrityd::test {

// TPM_ALG_ID of the banks.
inline constexpr std::uint16_t sha1_bank = 0x0004;
inline constexpr std::uint16_t sha256_bank = 0x000b;
inline constexpr std::uint16_t sha384_bank = 0x000c;
inline constexpr std::uint16_t sha512_bank = 0x000d;

class Swtpm {
public:
    // Why there is none here; empty: there is.
    [[nodiscard]] static std::string why_not();

    // Made, switched on and started up; all PCRs are zero in all four banks, all authorisations empty. Throws
    // std::runtime_error when it does not come up.
    Swtpm();
    ~Swtpm();  // kills it
    Swtpm(const Swtpm&) = delete;
    Swtpm& operator=(const Swtpm&) = delete;

    // For tpm2-tss, tpm2-tools (TPM2TOOLS_TCTI), systemd-cryptenroll (--tpm2-device=) and clevis.
    [[nodiscard]] std::string tcti() const { return "swtpm:path=" + socket(); }
    // Where it listens: one TPM command a message on a stream.
    [[nodiscard]] std::string socket() const { return directory_ / "tpm"; }
    [[nodiscard]] pid_t pid() const { return pid_; }

    // One command, its answer; by hand, without a library. Throws when there is no answer.
    [[nodiscard]] std::vector<std::uint8_t> transmit(const std::vector<std::uint8_t>& command) const;

    // What firmware does to PCR 0 to 7: a first measurement in every bank.
    void measure_boot() const;
    // TPM2_PCR_Event: this data, digested by each bank's own algorithm.
    void measure(unsigned pcr, std::string_view data) const;
    // TPM2_PCR_Extend of one bank by a digest of its size.
    void extend(unsigned pcr, std::uint16_t bank, const std::vector<std::uint8_t>& digest) const;

    // As a device that restarts: PCRs zero, resetCount one more; what is persistent stays. `in_order`: Shutdown before.
    void reset(bool in_order = true) const;
    // TPM2_Clear by the empty lockout authorisation: a new owner seed, resetCount and clock 0, owner's objects gone.
    void clear() const;
    // TPM2_ClearControl: whether TPM2_Clear is forbidden (disableClear).
    void disable_clear(bool disabled) const;
    // An authorisation of the owner hierarchy; the empty one before is taken for granted.
    void set_owner_auth(std::string_view secret) const;
    // One wrong authorisation: the lockout counter is one more. After 3 the TPM is in lockout.
    void authorise_wrongly() const;
    // TPM2_DictionaryAttackLockReset: counter 0.
    void reset_lockout() const;

    // It takes commands, and answers none until go_on() (SIGSTOP, SIGCONT).
    void hang() const;
    void go_on() const;
    // Killed with what it keeps kept; start() brings it back as after a power cut.
    void kill();
    void start();
    // Into failure mode (TPM_RC_FAILURE to nearly everything), by taking its memory from it. For good.
    void fail();

private:
    void control(std::uint32_t command, std::uint32_t argument) const;
    void must(const std::vector<std::uint8_t>& command, std::string_view what) const;

    TemporaryDirectory directory_;
    pid_t pid_ = -1;
};

// The response code of an answer.
[[nodiscard]] std::uint32_t response_code(const std::vector<std::uint8_t>& answer);

}  // namespace integrityd::test
