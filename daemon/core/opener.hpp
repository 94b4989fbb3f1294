// Opener: how the daemon gets at what needs privilege.
//
// A thing is asked for by its *name in the configuration*, never by a path, so that the same calls
// work through integrityd-broker, which opens only what the configuration (read by itself) names.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

struct Config;
struct LuksVolume;

// What may be asked for. Each is a key of the configuration.
enum class Resource : std::uint8_t {
    aide_report_log,  // [aide] report_log
    aide_database,    // [aide] database
    aide_config,      // [aide] config, and the files it includes
    audit_log,        // [audit] log, and the older ones that rotation left: log.1, log.2 …
    audit_config,     // [audit] config, and beside it audit.rules and rules.d
    boot_event_log,   // [boot] event_log
    boot_ima_log,     // [boot] ima_log
};

[[nodiscard]] std::string_view to_string(Resource resource);  // "aide.report_log"
[[nodiscard]] std::optional<Resource> parse_resource(std::string_view name);

// The path that the configuration gives it.
[[nodiscard]] const std::string& path_of(const Config& config, Resource resource);

// The volume of this name; null: there is none.
[[nodiscard]] const LuksVolume* find_volume(const Config& config, std::string_view name);

// auditd keeps at most 999 logs (num_logs of auditd.conf).
inline constexpr unsigned most_older_files = 999;

struct OpenedFile {
    std::string path;  // for people and for digests, not for opening
    UniqueFd fd;
};

// The header of a LUKS volume.
struct LuksArea {
    std::string device;  // "MAJOR:MINOR" of the block device; empty: it lies in a file
    UniqueFd header;     // a sealed memory file (core/luks_area.hpp)
};

class Opener {
public:
    virtual ~Opener() = default;

    // The file, read-only and close-on-exec; a regular file, or ENOENT and the like as Error.code.
    [[nodiscard]] virtual Result<UniqueFd> open(Resource resource) = 0;

    // An older file of a log that is rotated by numbers, from 1 to most_older_files; as open(), EINVAL for what is not
    // rotated so.
    [[nodiscard]] virtual Result<UniqueFd> open_older(Resource resource, unsigned number) = 0;

    // The file and what belongs to it (a configuration with its includes), sorted by path; at most
    // 512 files, because more means that somebody points us at the wrong tree.
    [[nodiscard]] virtual Result<std::vector<OpenedFile>> open_all(Resource resource) = 0;

    // An inotify descriptor that watches the *directory* of the file: Debian replaces report logs
    // and databases, so the inode says nothing. Of the audit log it also tells each write and each change of owner or
    // mode.
    [[nodiscard]] virtual Result<UniqueFd> watch_directory(Resource resource) = 0;

    // The kernel's audit (core/audit_kernel.hpp).
    [[nodiscard]] virtual Result<UniqueFd> join_audit_feed() = 0;
    [[nodiscard]] virtual Result<UniqueFd> audit_status() = 0;

    // A descriptor for core/tpm_link.hpp: of the TPM of [tpm] tcti itself, or a socket of the broker's that takes only
    // the commands that reading needs. ENODEV: there is no TPM.
    [[nodiscard]] virtual Result<UniqueFd> tpm_commands() = 0;

    // Of the [[luks.volume]] of this name: a copy of its header, and the active table of its mapping as a sealed memory
    // file (core/dm_table.hpp; ENXIO: no such mapping is active). EINVAL: there is no such volume, or none with a
    // mapping.
    [[nodiscard]] virtual Result<LuksArea> luks_header(std::string_view volume) = 0;
    [[nodiscard]] virtual Result<UniqueFd> dm_table(std::string_view volume) = 0;

    // The active table of the device that the root file system lies on, likewise. ENXIO: it is no such mapping; ENOENT:
    // this kernel has no device-mapper.
    [[nodiscard]] virtual Result<UniqueFd> root_table() = 0;
};

// The files and directories that a configuration text includes, as absolute paths.
using IncludeFinder = std::function<std::vector<std::string>(std::string_view text)>;

class AuditKernel;

// Opens with the process's own rights: tests, and a run by hand. Any thread may call. `kernel` must outlive it.
[[nodiscard]] std::unique_ptr<Opener> make_direct_opener(const Config& config, IncludeFinder aide_includes,
                                                         AuditKernel& kernel);

// Asks integrityd-broker at this socket (core/broker_protocol.hpp); each call is a connection of its
// own, so it needs no reconnecting, and any thread may call. A call blocks for 2 s at most where the
// broker is silent. What keeps the broker from answering is never ENOENT: that is said of files only.
[[nodiscard]] std::unique_ptr<Opener> make_broker_opener(std::string socket_path);

// Stands for the opener that the configuration of the moment asks for. A call that is under way in another thread ends
// with the one that it began with.
class CurrentOpener final : public Opener {
public:
    void use(std::unique_ptr<Opener> opener);

    [[nodiscard]] Result<UniqueFd> open(Resource resource) override;
    [[nodiscard]] Result<std::vector<OpenedFile>> open_all(Resource resource) override;
    [[nodiscard]] Result<UniqueFd> open_older(Resource resource, unsigned number) override;
    [[nodiscard]] Result<UniqueFd> watch_directory(Resource resource) override;
    [[nodiscard]] Result<UniqueFd> join_audit_feed() override;
    [[nodiscard]] Result<UniqueFd> audit_status() override;
    [[nodiscard]] Result<UniqueFd> tpm_commands() override;
    [[nodiscard]] Result<LuksArea> luks_header(std::string_view volume) override;
    [[nodiscard]] Result<UniqueFd> dm_table(std::string_view volume) override;
    [[nodiscard]] Result<UniqueFd> root_table() override;

private:
    [[nodiscard]] std::shared_ptr<Opener> current() const;

    mutable std::mutex mutex_;
    std::shared_ptr<Opener> opener_;  // never none once used
};

}  // namespace integrityd
