#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>

#include "core/config.hpp"
#include "core/opening.hpp"

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
    DirectOpener(Config config, IncludeFinder aide_includes)
        : config_(std::move(config)), aide_includes_(std::move(aide_includes)) {}

    Result<UniqueFd> open(Resource resource) override { return open_node(path_of(config_.aide, resource), false); }

    Result<std::vector<OpenedFile>> open_all(Resource resource) override {
        const std::string& path = path_of(config_.aide, resource);
        if (resource == Resource::aide_config) {
            return collect_includes(path, aide_includes_,
                                    [](const std::string& included) { return open_node(included, true); });
        }
        auto fd = open_node(path, false);
        if (!fd) return fd.error();
        std::vector<OpenedFile> files;
        files.push_back({path, std::move(*fd)});
        return files;
    }

    Result<UniqueFd> watch_directory(Resource resource) override {
        const std::string directory = std::filesystem::path(path_of(config_.aide, resource)).parent_path().string();
        return watch_path(directory, directory);
    }

private:
    const Config config_;
    const IncludeFinder aide_includes_;
};

}  // namespace

std::unique_ptr<Opener> make_direct_opener(const Config& config, IncludeFinder aide_includes) {
    return std::make_unique<DirectOpener>(config, std::move(aide_includes));
}

}  // namespace integrityd
