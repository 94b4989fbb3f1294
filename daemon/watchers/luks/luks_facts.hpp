// LuksFacts: what one look reads of a configured volume: its header, its tokens, the mapping and the mount.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/opener.hpp"
#include "sources/dm_mapping.hpp"
#include "sources/luks_header.hpp"
#include "sources/luks_token.hpp"
#include "sources/mounted_device.hpp"

namespace integrityd {

struct LuksFacts {
    LuksVolume volume;
    std::string device;  // "MAJOR:MINOR"; empty: it lies in a file
    LuksHeader header;
    std::map<unsigned, LuksTokenFacts> tokens;  // by number

    bool missing = false;  // there is no such device
    std::string unread;    // why the header could not be read; empty: it was

    std::optional<DmTable> table;  // none: not active, not configured, or not read
    bool inactive = false;         // there is no such mapping
    std::string table_unread;      // why the table could not be read; empty: it was, or nobody asked

    std::string mounts_unread;         // why it is not known on what the mount lies; empty: it is, or nobody asked
    std::optional<Mount> mounted;      // none: nothing, or nobody asked
    std::vector<std::string> holding;  // devices_holding() of what is mounted, down to ground()
    bool suspended = false;            // of the mapping

    // "MAJOR:MINOR" of what the mount has to lie on: the mapping, or without one the device. Empty: there is none.
    [[nodiscard]] const std::string& ground() const { return table ? table->device : device; }

    // The copy that is judged; null: there is none.
    [[nodiscard]] const LuksCopy* copy() const { return unread.empty() && !missing ? header.copy() : nullptr; }
    [[nodiscard]] const LuksMetadata* metadata() const;

    // What opens this slot: "tpm2", "password", …, or "unbound" where it opens no data. Two where two tokens name it.
    [[nodiscard]] std::vector<std::string> means_of(unsigned slot) const;
    // Bytes of the volume key, as its keyslots say; 0: not known.
    [[nodiscard]] std::uint64_t key_size() const;
};

// Blocks: in a worker's lane. `root`: of proc and sysfs, "/" on a device.
[[nodiscard]] std::vector<LuksFacts> read_luks_facts(Opener& opener, const std::vector<LuksVolume>& volumes,
                                                     const std::string& root);

}  // namespace integrityd
