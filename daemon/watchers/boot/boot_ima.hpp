// BootIma: the kernel's list of measured files, followed from where it was left, against PCR 10.
//
// The descriptor stays open, because the kernel makes the whole list anew for who opens it again. What is kept of the
// list is its PCR, not its entries. Reading blocks: read() runs in a lane, and nothing else of it meanwhile.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/opener.hpp"
#include "core/values.hpp"
#include "sources/ima_replay.hpp"
#include "watchers/boot/boot_facts.hpp"

namespace integrityd {

enum class ImaState : std::uint8_t { unread, none, unreadable, follows, without_tpm };
[[nodiscard]] std::string_view to_string(ImaState state);

class BootIma {
public:
    // Reads what is new. `now` was read from the TPM before; `at_boot` are the PCRs that IMA found when it began. Until
    // the TPM has said its PCR 10 there is nothing to hold the list against, and it is left unread.
    void read(Opener& opener, const PcrValuesByBank& now, const PcrValuesByBank& at_boot);

    [[nodiscard]] ImaState state() const { return state_; }
    // IMA may extend PCR 10: the list says how; where it cannot be read, nobody knows.
    [[nodiscard]] bool may_extend() const { return state_ == ImaState::follows || state_ == ImaState::unreadable; }
    [[nodiscard]] std::vector<Observation> judge() const;
    [[nodiscard]] ValueMap report() const;
    [[nodiscard]] std::uint64_t entries() const { return reader_.entries(); }

private:
    [[nodiscard]] bool open(Opener& opener);
    void leave_unread();
    void begin(const std::vector<HashAlgorithm>& banks);
    void read_on(const PcrValuesByBank& at_boot);
    void take(const ImaEntry& entry, const PcrValuesByBank& at_boot);
    void take_violation(const ImaEntry& entry);
    void take_wrong(const ImaEntry& entry);

    ImaState state_ = ImaState::unread;
    std::string reason_;
    UniqueFd fd_;
    ImaLogReader reader_;
    std::optional<ImaReplay> replay_;
    std::optional<BootAggregate> aggregate_;
    std::map<std::string, std::uint64_t> violations_;  // by path, escaped
    std::uint64_t violations_count_ = 0;
    std::vector<std::string> wrong_;  // "entry N (PATH)"
    std::uint64_t wrong_count_ = 0;
    std::vector<HashAlgorithm> unmet_;
};

}  // namespace integrityd
