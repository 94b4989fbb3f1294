// StateFile: the verdict in a file, and the latched flags that path units watch (contract section 12).
//
//     VERDICT=violated
//     SINCE=1800000000000000        µs since 1970
//     SEQUENCE=42                   of the last event it takes into account
//     REASON=one line for a person
//
// Its time of modification is the last sign of life of a daemon that could store what it saw: from there the next one
// measures the gap that an end without notice leaves. Until lives() what is written keeps the time that was found.
//
// The flag `violated` says which store knows what it was set for, because a store can be lost and a flag cannot:
//
//     STREAM=UUID                   of the chain; nothing: it is not stored (yet)
//
// Replaced atomically, mode 0640, group `integrity` where that group exists. More lines may come. Where there is no
// room for that it is overwritten, and where that fails removed: an old verdict does not stay. Failures are logged
// here, once until it works again: who calls has nowhere else to tell the verdict.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
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
    // A sign of life. Puts back what somebody altered or removed, or what found no room.
    void touch();
    // This run has stored something: what is written from now on is a sign of life.
    void lives() { lives_ = true; }
    // The sign of life that was found when this run began; 0: none.
    [[nodiscard]] WallTime last_sign() const;

    // Never both flags; `restored` only where `violated` was. `stream`: of the store that holds what `violated` stands
    // for; empty: none does.
    void latch(Flag flag, std::string_view stream);
    // The flag `violated` stands, set by this run or the one before, and this chain holds what for.
    [[nodiscard]] bool violated(std::string_view stream) const;
    [[nodiscard]] std::string path() const { return directory_ + "/state"; }

private:
    Result<void> put(const std::string& text);
    Result<void> replace(const std::string& text);
    Result<void> set_violated(std::string_view stream);
    Result<void> set_restored();
    void told(const Result<void>& result);

    std::string directory_;
    std::optional<gid_t> group_;
    std::timespec found_time_ = {};
    bool lives_ = false;
    std::uint64_t sequence_ = 0;
    std::string text_;  // as last written
    bool failing_ = false;
};

}  // namespace integrityd
