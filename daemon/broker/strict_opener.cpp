#include "broker/strict_opener.hpp"

#include <cerrno>
#include <filesystem>

#include "broker/strict_open.hpp"
#include "core/audit_kernel.hpp"
#include "core/opening.hpp"
#include "core/tpm_address.hpp"

namespace integrityd {

namespace {

namespace fs = std::filesystem;

// A link to /dev/null shadows a drop-in of the vendor's; its directory was checked.
bool only_shadows(const fs::path& path) {
    std::error_code error;
    return fs::read_symlink(path, error) == "/dev/null";
}

Result<void> check_dropins(const std::string& directory, uid_t owner) {
    // A name in it stands for all: the directory itself is then as near as a file's.
    auto checked = check_owned(directory + "/.", owner);
    if (!checked) return checked.error().code == ENOENT ? Result<void>() : checked;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
        if (entry->path().extension() != ".toml" || only_shadows(entry->path())) continue;
        if (checked = check_owned(entry->path().string(), owner); !checked) return checked;
    }
    if (error) return error_of(directory, error.value());
    return {};
}

Result<void> check_files(const ConfigSource& source, uid_t owner) {
    if (!source.only_file.empty()) return check_owned(source.only_file, owner);
    auto checked = check_owned(source.main_file, owner);
    if (!checked && checked.error().code != ENOENT) return checked;
    if (checked = check_dropins(source.vendor_directory, owner); !checked) return checked;
    return check_dropins(source.local_directory, owner);
}

class StrictOpener final : public Opener {
public:
    StrictOpener(Config config, IncludeFinder aide_includes, AuditKernel& kernel, uid_t owner)
        : config_(std::move(config)), aide_includes_(std::move(aide_includes)), kernel_(kernel), owner_(owner) {}

    Result<UniqueFd> open(Resource resource) override {
        const std::string& path = path_of(config_, resource);
        if (!enabled(resource)) return not_enabled();
        if (resource == Resource::boot_event_log || resource == Resource::boot_ima_log)
            return open_kernel_log_strictly(path);
        return resource == Resource::aide_report_log ? open_log_strictly(path) : open_strictly(path);
    }

    Result<UniqueFd> open_older(Resource resource, unsigned number) override {
        const auto path = older_path(config_, resource, number);
        if (!path) return path.error();
        if (!enabled(resource)) return not_enabled();
        return open_strictly(*path);
    }

    Result<std::vector<OpenedFile>> open_all(Resource resource) override {
        if (!enabled(resource)) return not_enabled();
        const std::string& path = path_of(config_, resource);
        const auto open_any = [this](const std::string& included) { return open_owned(included); };
        if (resource == Resource::aide_config) return collect_includes(path, aide_includes_, open_any);
        if (resource == Resource::audit_config) return collect_audit_config(path, open_any);
        auto fd = open(resource);
        if (!fd) return fd.error();
        std::vector<OpenedFile> files;
        files.push_back({path, std::move(*fd)});
        return files;
    }

    Result<UniqueFd> watch_directory(Resource resource) override {
        if (!enabled(resource)) return not_enabled();
        return watch_directory_strictly(path_of(config_, resource), resource);
    }

    Result<UniqueFd> join_audit_feed() override {
        if (!enabled(Resource::audit_log) || !config_.audit.netlink) return not_enabled();
        return kernel_.join_feed();
    }

    Result<UniqueFd> audit_status() override {
        if (!enabled(Resource::audit_log)) return not_enabled();
        return kernel_.status();
    }

    Result<LuksArea> luks_header(std::string_view name) override {
        if (config_.luks.enabled == Enabled::no) return not_enabled();
        const LuksVolume* const volume = find_volume(config_, name);
        if (volume == nullptr) return no_such_volume();
        auto device = open_device_strictly(volume->device, owner_);
        if (!device) return device.error();
        return luks_area_of(*device);
    }

    Result<UniqueFd> dm_table(std::string_view name) override {
        if (config_.luks.enabled == Enabled::no) return not_enabled();
        const LuksVolume* const volume = find_volume(config_, name);
        return volume == nullptr ? no_such_volume() : dm_table_of(*volume);
    }

    Result<UniqueFd> root_table() override {
        return config_.boot.enabled == Enabled::no ? not_enabled() : dm_table_of_root();
    }

    // The TPM itself, for the server alone: it goes to no client.
    Result<UniqueFd> tpm_commands() override {
        if (config_.luks.enabled == Enabled::no && config_.boot.enabled == Enabled::no) return not_enabled();
        const auto address = parse_tpm_address(config_.tpm.tcti);
        if (!address) return address.error();
        if (address->kind == TpmAddress::Kind::port) return Error{"the broker asks no TPM at a port", EPERM};
        // Who could put another TPM there could answer for it. Its place counts: the device belongs to `tss` on Debian.
        const std::string directory = fs::path(address->path).parent_path().string();
        if (auto checked = check_owned(directory + "/.", owner_); !checked) return checked.error();
        return open_tpm(*address);
    }

private:
    [[nodiscard]] bool enabled(Resource resource) const {
        if (resource == Resource::boot_event_log || resource == Resource::boot_ima_log)
            return config_.boot.enabled != Enabled::no;
        const bool of_audit = resource == Resource::audit_log || resource == Resource::audit_config;
        return (of_audit ? config_.audit.enabled : config_.aide.enabled) != Enabled::no;
    }
    static Error not_enabled() { return Error{"the configuration does not enable it", EPERM}; }

    [[nodiscard]] Result<UniqueFd> open_owned(const std::string& path) const {
        if (auto checked = check_owned(path, owner_); !checked) return checked.error();
        return open_file_or_directory_strictly(path);
    }

    const Config config_;
    const IncludeFinder aide_includes_;
    AuditKernel& kernel_;
    const uid_t owner_;
};

}  // namespace

Result<Config> load_owned_config(const ConfigSource& source, uid_t owner) {
    if (auto checked = check_files(source, owner); !checked) return checked.error();
    auto loaded = load_config(source);
    if (!loaded.problems.empty()) return Error{to_string(loaded.problems.front()), EINVAL};
    return std::move(loaded.config);
}

std::unique_ptr<Opener> make_strict_opener(Config config, IncludeFinder aide_includes, AuditKernel& kernel,
                                           uid_t owner) {
    return std::make_unique<StrictOpener>(std::move(config), std::move(aide_includes), kernel, owner);
}

}  // namespace integrityd
