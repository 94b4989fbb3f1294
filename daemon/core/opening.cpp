#include "core/opening.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <set>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <utility>

namespace integrityd {

namespace {

// A configuration of more files, or a file of more bytes, is not one that people maintain: somebody
// points us at the wrong tree. Debian's aide-common has 211 snippets of a few KiB.
constexpr std::size_t file_limit = 512;
constexpr std::size_t text_limit = 1U << 20;

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

bool is_directory(int parent, const char* name) {
    struct stat status {};
    return fstatat(parent, name, &status, 0) == 0 && S_ISDIR(status.st_mode);
}

struct CloseDirectory {
    void operator()(DIR* directory) const { (void)closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

class IncludeCollector {
public:
    IncludeCollector(const IncludeFinder& find_includes, const NodeOpener& open_node)
        : find_includes_(find_includes), open_node_(open_node) {}

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
        if (seen_.size() > file_limit) return too_many(path);
        auto fd = open_node_(path);
        if (!fd) return fd.error();
        struct stat status {};
        if (fstat(fd->get(), &status) < 0) return error_of(path, errno);
        if (S_ISDIR(status.st_mode)) return add_directory(path, std::move(*fd));
        auto text = read_text(*fd, path);
        if (!text) return text.error();
        for (auto& include : find_includes_(*text))
            pending_.insert(std::move(include));
        files_.push_back({path, std::move(*fd)});
        return {};
    }

    Result<void> add_directory(const std::string& path, UniqueFd fd) {
        const Directory directory(fdopendir(fd.get()));
        if (!directory) return error_of(path, errno);
        (void)fd.release();  // closedir closes it
        const std::string below = path.ends_with('/') ? path : path + "/";
        errno = 0;
        while (const dirent* entry = readdir(directory.get())) {
            if (!is_directory(dirfd(directory.get()), entry->d_name)) pending_.insert(below + entry->d_name);
            if (pending_.size() > file_limit) return too_many(path);
            errno = 0;
        }
        if (errno != 0) return error_of(path, errno);
        return {};
    }

    static Error too_many(const std::string& path) {
        return Error{path + ": more than 512 configuration files", E2BIG};
    }

    const IncludeFinder& find_includes_;
    const NodeOpener& open_node_;
    std::set<std::string> pending_;
    std::set<std::string> seen_;
    std::vector<OpenedFile> files_;
};

}  // namespace

Error error_of(const std::string& path, int code) {
    return Error{path + ": " + std::strerror(code), code};
}

Result<std::vector<OpenedFile>> collect_includes(const std::string& main_file, const IncludeFinder& find_includes,
                                                 const NodeOpener& open_node) {
    return IncludeCollector(find_includes, open_node).collect(main_file);
}

Result<std::vector<OpenedFile>> collect_audit_config(const std::string& config, const NodeOpener& open_node) {
    const std::filesystem::path directory = std::filesystem::path(config).parent_path();
    std::vector<std::string> beside;
    for (const char* const name : {"audit.rules", "rules.d"}) {
        std::error_code error;
        if (std::filesystem::exists(directory / name, error)) beside.push_back((directory / name).string());
    }
    // The first file includes what is beside it, the others nothing.
    return collect_includes(
        config, [&beside](std::string_view) { return std::exchange(beside, {}); }, open_node);
}

Result<std::string> older_path(const Config& config, Resource resource, unsigned number) {
    if (resource != Resource::audit_log || number == 0 || number > most_older_files)
        return Error{"has no older file of this number", EINVAL};
    return path_of(config, resource) + "." + std::to_string(number);
}

Result<UniqueFd> watch_path(const std::string& path, const std::string& shown, Resource resource) {
    UniqueFd fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!fd) return error_of("inotify", errno);
    std::uint32_t mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF |
                         IN_MOVE_SELF | IN_ONLYDIR;
    if (resource == Resource::audit_log) mask |= IN_MODIFY | IN_ATTRIB;
    if (inotify_add_watch(fd.get(), path.c_str(), mask) < 0) return error_of(shown, errno);
    return fd;
}

}  // namespace integrityd
