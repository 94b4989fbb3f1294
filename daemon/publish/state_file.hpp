// StateFile: the verdict in a file, and the latched flags that path units watch (contract section 12).
//
//     VERDICT=violated
//     SINCE=1800000000000000        µs since 1970
//     SEQUENCE=42                   of the last event it takes into account
//     REASON=one line for a person
//
// Replaced atomically, mode 0640, group `integrity` where that group exists. More lines may come. Where there is no
// room for that it is overwritten, and where that fails removed: an old verdict does not stay. Failures are logged
// here, once until it works again: who calls has nowhere else to tell the verdict.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

#include "core/result.hpp"
#include "core/values.hpp"
#include "publish/reaction.hpp"
#include "state/verdict.hpp"

namespace integrityd {

struct DeviceState {
    Verdict verdict = Verdict::unknown;
    WallTime since = 0;
    std::uint64_t sequence = 0;
    std::string reason;  // cut at 1024 bytes: the library reads at most 4 KiB
};

class StateFile {
public:
    // Makes the directory if it is not there. `group`: who may read besides the owner.
    explicit StateFile(std::string runtime_dir, const std::string& group = "integrity");
    // Leaves `unknown` behind: nobody keeps the verdict up any more.
    ~StateFile();
    StateFile(const StateFile&) = delete;
    StateFile& operator=(const StateFile&) = delete;

    void write(const DeviceState& state);
    // A sign of life: the file's time of modification. Puts back what somebody altered or removed, or what found no
    // room.
    void touch();
    // Never both flags; `restored` only where `violated` was.
    void latch(Flag flag);

    // The flag `violated` stands, set by this run or the one before.
    [[nodiscard]] bool violated() const;
    [[nodiscard]] std::string path() const { return directory_ + "/state"; }

private:
    Result<void> put(const std::string& text);
    Result<void> replace(const std::string& text);
    Result<void> set_flag(Flag flag);
    void told(const Result<void>& result);

    std::string directory_;
    std::optional<gid_t> group_;
    std::uint64_t sequence_ = 0;
    std::string text_;  // as last written
    bool failing_ = false;
};

}  // namespace integrityd
