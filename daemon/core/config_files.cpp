// Which files, in which order.
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <sys/stat.h>

#include "core/config_check.hpp"
#include "core/read_file.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_file = 1U << 20;  // a configuration by hand has a few KiB
constexpr std::size_t most_dropins = 256;       // of one directory

Error system_error(int code) {
    return {std::strerror(code), code};
}

// The file's text. A drop-in that is a link to /dev/null is empty: it only shadows.
Result<std::string> read_config_file(const std::string& path) {
    // Non-blocking: a FIFO with the right name must not hold up the start.
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat status = {};
    if (!fd || ::fstat(fd.get(), &status) != 0) return system_error(errno);
    if (S_ISCHR(status.st_mode) && fs::is_symlink(path)) return std::string();
    if (!S_ISREG(status.st_mode)) return Error{"is not a regular file", EINVAL};
    return read_whole(fd, largest_file);
}

// File name → path; what the later directory has shadows the earlier.
using DropIns = std::map<std::string, std::string>;

void add_dropins(const std::string& directory, DropIns& dropins, std::vector<ConfigProblem>& problems) {
    std::error_code error;
    std::size_t count = 0;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename();
        if (name.starts_with('.') || !name.ends_with(".toml")) continue;
        if (++count > most_dropins) {
            problems.push_back({directory, 1, 1, "holds more than 256 drop-ins"});
            return;
        }
        dropins.insert_or_assign(name, entry->path());
    }
    if (error && error != std::errc::no_such_file_or_directory) {
        problems.push_back({directory, 1, 1, error.message()});
    }
}

std::vector<std::string> list_files(const ConfigSource& source, std::vector<ConfigProblem>& problems) {
    if (!source.only_file.empty()) return {source.only_file};
    DropIns dropins;
    add_dropins(source.vendor_directory, dropins, problems);
    add_dropins(source.local_directory, dropins, problems);
    std::vector<std::string> files = {source.main_file};
    for (const auto& [name, path] : dropins)
        files.push_back(path);
    return files;
}

}  // namespace

ConfigNode read_config_files(const ConfigSource& source, std::vector<ConfigProblem>& problems) {
    ConfigNode merged;
    merged.held = ConfigTable();
    for (const std::string& file : list_files(source, problems)) {
        const auto text = read_config_file(file);
        if (!text) {
            const bool may_be_absent = file == source.main_file && source.only_file.empty();
            if (may_be_absent && text.error().code == ENOENT) continue;
            problems.push_back({file, 1, 1, text.error().message});
            continue;
        }
        ConfigNode root = read_config_text(*text, file, problems);
        check_file(root, problems);
        merge_config(merged, std::move(root));
    }
    return merged;
}

}  // namespace integrityd
