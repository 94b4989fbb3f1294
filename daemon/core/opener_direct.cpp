#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>

#include "core/audit_kernel.hpp"
#include "core/config.hpp"
#include "core/opening.hpp"
#include "core/tpm_address.hpp"

namespace integrityd {

namespace {

Result<UniqueFd> open_node(const std::string& path, bool may_be_directory) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd) return error_of(path, errno);
    struct stat status {};
    if (fstat(fd.get(), &status) < 0) return error_of(path, errno);
    const bool good = S_ISREG(status.st_mode) || (may_be_directory && S_ISDIR(status.st_mode));
    if (!good) return Error{path + ": not a regular file", EINVAL};
    return fd;
}

class DirectOpener final : public Opener {
public:
    DirectOpener(Config config, IncludeFinder aide_includes, AuditKernel& kernel)
        : config_(std::move(config)), aide_includes_(std::move(aide_includes)), kernel_(kernel) {}

    Result<UniqueFd> open(Resource resource) override { return open_node(path_of(config_, resource), false); }

    Result<UniqueFd> open_older(Resource resource, unsigned number) override {
        const auto path = older_path(config_, resource, number);
        if (!path) return path.error();
        return open_node(*path, false);
    }

    Result<std::vector<OpenedFile>> open_all(Resource resource) override {
        const std::string& path = path_of(config_, resource);
        const auto open_any = [](const std::string& included) { return open_node(included, true); };
        if (resource == Resource::aide_config) return collect_includes(path, aide_includes_, open_any);
        if (resource == Resource::audit_config) return collect_audit_config(path, open_any);
        auto fd = open_node(path, false);
        if (!fd) return fd.error();
        std::vector<OpenedFile> files;
        files.push_back({path, std::move(*fd)});
        return files;
    }

    Result<UniqueFd> watch_directory(Resource resource) override {
        const std::string directory = std::filesystem::path(path_of(config_, resource)).parent_path().string();
        return watch_path(directory, directory, resource);
    }

    Result<UniqueFd> join_audit_feed() override { return kernel_.join_feed(); }
    Result<UniqueFd> audit_status() override { return kernel_.status(); }

    Result<LuksArea> luks_header(std::string_view name) override {
        const LuksVolume* const volume = find_volume(config_, name);
        if (volume == nullptr) return no_such_volume();
        const UniqueFd fd(::open(volume->device.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
        if (!fd) return error_of(volume->device, errno);
        return luks_area_of(fd);
    }
    Result<UniqueFd> dm_table(std::string_view name) override {
        const LuksVolume* const volume = find_volume(config_, name);
        return volume == nullptr ? no_such_volume() : dm_table_of(*volume);
    }

    Result<UniqueFd> root_table() override { return dm_table_of_root(); }

    Result<UniqueFd> tpm_commands() override {
        const auto address = parse_tpm_address(config_.tpm.tcti);
        if (!address) return address.error();
        return open_tpm(*address);
    }

private:
    const Config config_;
    const IncludeFinder aide_includes_;
    AuditKernel& kernel_;
};

}  // namespace

std::unique_ptr<Opener> make_direct_opener(const Config& config, IncludeFinder aide_includes, AuditKernel& kernel) {
    return std::make_unique<DirectOpener>(config, std::move(aide_includes), kernel);
}

}  // namespace integrityd
