// LuksKeep: what the watcher keeps over a restart: how new a header was that was seen, and the TPM's memory.
//
// Lines: "volume NAME KEY SEQUENCE", and the line of the TPM's part as it is.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "watchers/luks/luks_accepted.hpp"

namespace integrityd {

struct LuksKeep {
    struct Seen {
        std::string key;  // LuksRecord::key
        std::uint64_t sequence = 0;

        bool operator==(const Seen&) const = default;
    };
    std::map<std::string, Seen> volumes;
    std::string tpm;

    bool operator==(const LuksKeep&) const = default;

    // Highest sequence that was seen of this very volume key; 0: none.
    [[nodiscard]] std::uint64_t highest(const std::string& volume, const std::string& key) const;
    void see(const std::string& volume, const LuksRecord& record);
    // Accepted as it is: nothing newer is expected.
    void accept(const std::string& volume, const LuksRecord& record) {
        volumes[volume] = {record.key, record.sequence};
    }
};

[[nodiscard]] std::string to_text(const LuksKeep& keep);
// Total: a line that is none is left out.
[[nodiscard]] LuksKeep parse_luks_keep(std::string_view text);

}  // namespace integrityd
