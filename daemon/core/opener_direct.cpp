#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <set>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "core/config.hpp"
#include "core/opener.hpp"

namespace integrityd {

namespace {

// A configuration of more files, or a file of more bytes, is not one that people maintain: somebody
// points us at the wrong tree. Debian's aide-common has 211 snippets of a few KiB.
constexpr std::size_t file_limit = 512;
constexpr std::size_t text_limit = 1U << 20;

Error error_of(const std::string& path, int code) {
    return Error{path + ": " + std::strerror(code), code};
}

Result<UniqueFd> open_regular(const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd) return error_of(path, errno);
    struct stat status {};
    if (fstat(fd.get(), &status) < 0) return error_of(path, errno);
    if (!S_ISREG(status.st_mode)) return Error{path + ": not a regular file", EINVAL};
    return fd;
}

Result<std::string> read_text(const UniqueFd& fd, const std::string& path) {
    std::string text;
    std::array<char, 16384> buffer{};
    while (text.size() <= text_limit) {
        const ssize_t got = pread(fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return error_of(path, errno);
        if (got == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return error_of(path, EFBIG);  // what it includes beyond would go unseen
}

// A configuration file and all that it includes, directly or through others.
class IncludeCollector {
public:
    explicit IncludeCollector(const IncludeFinder& find_includes) : find_includes_(find_includes) {}

    Result<std::vector<OpenedFile>> collect(const std::string& main_file) {
        pending_ = {main_file};
        while (!pending_.empty()) {
            const std::string path = *pending_.begin();
            pending_.erase(pending_.begin());
            if (auto added = add(path); !added) return added.error();
        }
        std::ranges::sort(files_, {}, &OpenedFile::path);
        return std::move(files_);
    }

private:
    Result<void> add(const std::string& path) {
        if (!seen_.insert(path).second) return {};
        if (seen_.size() > file_limit) return Error{"more than 512 configuration files", E2BIG};
        std::error_code ignored;
        if (std::filesystem::is_directory(path, ignored)) return add_directory(path);
        auto fd = open_regular(path);
        if (!fd) return fd.error();
        auto text = read_text(*fd, path);
        if (!text) return text.error();
        for (auto& include : find_includes_(*text))
            pending_.insert(std::move(include));
        files_.push_back({path, std::move(*fd)});
        return {};
    }

    Result<void> add_directory(const std::string& path) {
        std::error_code failure;
        for (std::filesystem::directory_iterator entry(path, failure), end; !failure && entry != end;
             entry.increment(failure)) {
            if (!entry->is_directory(failure)) pending_.insert(entry->path().string());
            if (pending_.size() > file_limit) return Error{path + ": more than 512 files", E2BIG};
        }
        if (failure) return error_of(path, failure.value());
        return {};
    }

    const IncludeFinder& find_includes_;
    std::set<std::string> pending_;
    std::set<std::string> seen_;
    std::vector<OpenedFile> files_;
};

class DirectOpener final : public Opener {
public:
    DirectOpener(const Config& config, IncludeFinder aide_includes)
        : config_(config), aide_includes_(std::move(aide_includes)) {}

    Result<UniqueFd> open(Resource resource) override { return open_regular(path_of(resource)); }

    Result<std::vector<OpenedFile>> open_all(Resource resource) override {
        if (resource == Resource::aide_config) return IncludeCollector(aide_includes_).collect(path_of(resource));
        auto fd = open_regular(path_of(resource));
        if (!fd) return fd.error();
        std::vector<OpenedFile> files;
        files.push_back({path_of(resource), std::move(*fd)});
        return files;
    }

    Result<UniqueFd> watch_directory(Resource resource) override {
        const std::string directory = std::filesystem::path(path_of(resource)).parent_path().string();
        UniqueFd fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
        if (!fd) return error_of("inotify", errno);
        constexpr std::uint32_t mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
                                       IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
        if (inotify_add_watch(fd.get(), directory.c_str(), mask) < 0) return error_of(directory, errno);
        return fd;
    }

private:
    [[nodiscard]] const std::string& path_of(Resource resource) const {
        if (resource == Resource::aide_report_log) return config_.aide.report_log;
        if (resource == Resource::aide_database) return config_.aide.database;
        return config_.aide.config;
    }

    const Config& config_;
    const IncludeFinder aide_includes_;
};

}  // namespace

std::string_view to_string(Resource resource) {
    switch (resource) {
        case Resource::aide_report_log:
            return "aide.report_log";
        case Resource::aide_database:
            return "aide.database";
        case Resource::aide_config:
            return "aide.config";
    }
    return "";
}

std::unique_ptr<Opener> make_direct_opener(const Config& config, IncludeFinder aide_includes) {
    return std::make_unique<DirectOpener>(config, std::move(aide_includes));
}

}  // namespace integrityd
