// Tpm: what integrityd reads of the device's TPM 2.0 (TPM Library, Part 2 and 3). Nothing is written, no secret is
// asked for.
//
// Each call opens the way to the TPM, asks, and closes it again, because swtpm serves one at a time and others wait. A
// call blocks until the answer or its deadline: only in Lane::tpm. Any thread may call, one at a time.
//
// Error.code: ENODEV there is no TPM · EIO it is in failure mode (TPM_RC_FAILURE) · ETIMEDOUT it does not answer ·
// EBUSY it is busy, or locked for now · ENOENT what was asked for is not in it · EPROTO its answer is none. The message
// explains the response code in words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace integrityd {

struct Config;
class Opener;

// TPM_ALG_ID of hashes (TCG Algorithm Registry).
enum class TpmHash : std::uint16_t {
    sha1 = 0x0004,
    sha256 = 0x000b,
    sha384 = 0x000c,
    sha512 = 0x000d,
    sm3_256 = 0x0012
};

// Bytes of a digest; 0 for an algorithm that is not one of the above.
[[nodiscard]] std::size_t digest_size(TpmHash algorithm);
[[nodiscard]] std::string_view to_string(TpmHash algorithm);  // "sha256"
[[nodiscard]] std::optional<TpmHash> parse_tpm_hash(std::string_view name);

inline constexpr unsigned pcr_count = 24;  // PC Client Platform TPM Profile

struct PcrBank {
    TpmHash algorithm = TpmHash::sha256;
    std::map<unsigned, std::string> values;  // by PCR: raw digests, of those PCRs that the bank holds

    bool operator==(const PcrBank&) const = default;
};

// A persistent object or NV index, told apart by its Name (nameAlg and digest of its public area), raw.
struct TpmName {
    std::uint32_t handle = 0;
    std::string name;

    bool operator==(const TpmName&) const = default;
};

// TPM2_PT_PERMANENT, TPM2_PT_STARTUP_CLEAR, the lockout properties, TPM2_ReadClock, persistent handles.
struct TpmFacts {
    std::string manufacturer;  // up to four bytes, "IBM" for example; as sent, without NULs
    bool owner_auth_set = false;
    bool endorsement_auth_set = false;
    bool lockout_auth_set = false;
    bool disable_clear = false;
    bool in_lockout = false;
    std::uint32_t lockout_counter = 0;
    std::uint32_t lockout_limit = 0;     // failures until lockout
    std::uint32_t lockout_interval = 0;  // s until one failure is forgotten
    std::uint32_t lockout_recovery = 0;  // s until lockoutAuth may be tried again
    std::uint64_t clock = 0;             // ms
    std::uint32_t reset_count = 0;
    std::uint32_t restart_count = 0;
    bool safe = false;                // the clock was never set back by a loss of power
    std::vector<TpmName> persistent;  // sorted by handle
};

struct TpmNvIndex {
    std::string name;              // Name of the index: says its attributes and whether it was written
    std::uint32_t attributes = 0;  // TPMA_NV
    std::string data;              // empty: never written
};

class Tpm {
public:
    virtual ~Tpm() = default;

    // All allocated banks of the algorithms above, in the order of the TPM.
    [[nodiscard]] virtual Result<std::vector<PcrBank>> read_pcrs() = 0;
    [[nodiscard]] virtual Result<TpmFacts> read_facts() = 0;
    // ENOENT where the index is not defined; at most 2 KiB of its data.
    [[nodiscard]] virtual Result<TpmNvIndex> read_nv(std::uint32_t index) = 0;
};

// Through the broker where the configuration names one, else by [tpm] tcti. `opener` must outlive it.
[[nodiscard]] std::unique_ptr<Tpm> make_tpm(const Config& config, Opener& opener);

}  // namespace integrityd
