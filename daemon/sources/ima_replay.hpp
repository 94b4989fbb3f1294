// What the IMA list says of itself and of its PCR: template digests computed again, the PCR replayed in every bank.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sources/ima_log.hpp"
#include "sources/tcg_hash.hpp"

namespace integrityd {

// CONFIG_IMA_MEASURE_PCR_IDX, which every distribution leaves at that.
inline constexpr std::uint32_t ima_pcr = 10;

// The PCR of one bank, replayed. Linux before 5.8 extends every bank with SHA-1's digest, filled up with zeros; which
// of the two it is shows when the TPM's value is met for the first time.
struct ImaBank {
    TcgHash hash;
    TcgDigest value;
    TcgDigest padded;
    bool may_be_own = true;
    bool may_be_padded = true;
    // A value that the TPM had before the list was read: it has to be met. None: nothing is awaited.
    std::optional<TcgDigest> awaited;
};

class ImaReplay {
public:
    explicit ImaReplay(const std::vector<HashAlgorithm>& banks);

    // Whether it has all of these.
    [[nodiscard]] bool replays(const std::vector<HashAlgorithm>& banks) const;
    // What the TPM has in `ima_pcr`, read before the list is read on: every extend has its entry in the list before it
    // happens, so the value is met now or by an entry to come. Other banks than those given are left out.
    void await(HashAlgorithm bank, const TcgDigest& value);
    // False: the template digest in the list is not that of its data. `list` is that of the list's digests.
    bool add(const ImaEntry& entry, HashAlgorithm list);
    // Banks whose awaited value was not met.
    [[nodiscard]] std::vector<HashAlgorithm> unmet() const;
    // Of the last entry that was added; "the PCR is this now" where nothing is missing.
    [[nodiscard]] std::optional<TcgDigest> value(HashAlgorithm bank) const;

private:
    void extend(ImaBank& bank, const ImaEntry& entry, const TcgDigest& sha1);
    void meet(ImaBank& bank);

    TcgHash sha1_;
    std::optional<TcgHash> list_;
    std::vector<ImaBank> banks_;
};

// The first entry's digest: over PCR 0 to 7, or with others than SHA-1 over 0 to 9 since Linux 5.8.
using PcrValues = std::function<std::optional<TcgDigest>(HashAlgorithm, std::uint32_t pcr)>;
enum class BootAggregate : std::uint8_t { matches, differs, without_tpm, unknown };
// without_tpm: all zeros, the TPM came later than IMA. unknown: no such bank.
[[nodiscard]] BootAggregate check_boot_aggregate(const ImaFile& file, const PcrValues& pcrs);

}  // namespace integrityd
