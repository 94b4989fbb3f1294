// FileTraces: who changed which file, as far as somebody recorded it.
//
// The audit watcher adds what the kernel's records say of writes, creations, renames and the like; the
// AIDE watcher asks when it finds a file that is not as it was. In memory alone: after a restart the
// audit watcher reads the log's last part again and fills it.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/value.hpp"
#include "core/values.hpp"

namespace integrityd {

// The identity of a file in the records: major and minor of its device, and its inode.
struct FileIdentity {
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
    std::uint64_t inode = 0;

    bool operator==(const FileIdentity&) const = default;
};

// One write-like act on one file.
struct FileTrace {
    std::string path;                      // raw, absolute; empty: only the inode is known
    std::optional<FileIdentity> identity;  // of the file after the act
    WallTime time = 0;                     // of the record
    bool gone = false;                     // it was removed, or renamed away
    ValueMap actor;                        // auid uid pid exe comm tty session time serial (contract 3)
};

// How sure it is that the act is the one that is asked for.
enum class TraceConfidence : std::uint8_t { none, path, path_and_ctime, inode_and_ctime };

[[nodiscard]] std::string_view to_string(TraceConfidence confidence);  // "inode+ctime"

// What is known of a changed file.
struct FileQuestion {
    std::string path;                    // raw
    std::optional<std::uint64_t> inode;  // as it is now; AIDE does not tell the device
    std::optional<WallTime> ctime;       // whole seconds, in µs: the kernel's, nobody can set it
    bool removed = false;
};

struct FileAnswer {
    ValueMap actor;
    TraceConfidence confidence = TraceConfidence::none;
};

class FileTraces {
public:
    // 4,096 traces of about 1 KiB: 4 MB at worst, minutes of a busy device and weeks of a quiet one.
    explicit FileTraces(std::size_t limit = 4096) : limit_(limit) {}

    // The oldest goes when there is no room.
    void add(FileTrace trace);
    // The act that fits best; of several that fit as well the last one.
    [[nodiscard]] FileAnswer find(const FileQuestion& question) const;

    // Since when acts are recorded without a gap; none: nobody records. Without it "no trace" means nothing.
    void set_recorded_since(std::optional<WallTime> since) { recorded_since_ = since; }
    [[nodiscard]] std::optional<WallTime> recorded_since() const { return recorded_since_; }

    // Called for each trace that is added while it happens (not for what is read again after a restart).
    void set_listener(std::function<void(const FileTrace&)> listener) { listener_ = std::move(listener); }
    void announce(const FileTrace& trace) const {
        if (listener_) listener_(trace);
    }

    [[nodiscard]] std::size_t size() const { return traces_.size(); }

private:
    using Position = std::list<FileTrace>::const_iterator;

    void forget_oldest();

    std::size_t limit_;
    std::list<FileTrace> traces_;  // the newest first
    std::unordered_multimap<std::string, Position> by_path_;
    std::unordered_multimap<std::uint64_t, Position> by_inode_;
    std::optional<WallTime> recorded_since_;
    std::function<void(const FileTrace&)> listener_;
};

}  // namespace integrityd
