// Opener: how the daemon gets at what needs privilege.
//
// A thing is asked for by its *name in the configuration*, never by a path, so that the same calls
// work through integrityd-broker, which opens only what the configuration (read by itself) names.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

struct Config;

// What may be asked for. Each is a key of the configuration.
enum class Resource : std::uint8_t {
    aide_report_log,  // [aide] report_log
    aide_database,    // [aide] database
    aide_config,      // [aide] config, and the files it includes
};

[[nodiscard]] std::string_view to_string(Resource resource);

struct OpenedFile {
    std::string path;  // for people and for digests, not for opening
    UniqueFd fd;
};

class Opener {
public:
    virtual ~Opener() = default;

    // The file, read-only and close-on-exec; a regular file, or ENOENT and the like as Error.code.
    [[nodiscard]] virtual Result<UniqueFd> open(Resource resource) = 0;

    // The file and what belongs to it (a configuration with its includes), sorted by path; at most
    // 512 files, because more means that somebody points us at the wrong tree.
    [[nodiscard]] virtual Result<std::vector<OpenedFile>> open_all(Resource resource) = 0;

    // An inotify descriptor that watches the *directory* of the file: Debian replaces report logs
    // and databases, so the inode says nothing.
    [[nodiscard]] virtual Result<UniqueFd> watch_directory(Resource resource) = 0;
};

// The files and directories that a configuration text includes, as absolute paths.
using IncludeFinder = std::function<std::vector<std::string>(std::string_view text)>;

// Opens with the process's own rights: tests, and a run by hand. `config` must outlive it.
[[nodiscard]] std::unique_ptr<Opener> make_direct_opener(const Config& config, IncludeFinder aide_includes);

}  // namespace integrityd
