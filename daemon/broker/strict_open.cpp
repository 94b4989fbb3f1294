#include "broker/strict_open.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <filesystem>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <optional>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "core/opening.hpp"

namespace integrityd {

namespace {

// A file or directory that was looked at and is not open yet.
struct Place {
    UniqueFd fd;
    struct stat status {};
};

Result<Place> look_at(const std::string& path, int directory = AT_FDCWD) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    Place place;
    place.fd.reset(static_cast<int>(syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how)));
    if (!place.fd || fstat(place.fd.get(), &place.status) < 0) return error_of(path, errno);
    return place;
}

std::string descriptor_path(const UniqueFd& fd) {
    return "/proc/self/fd/" + std::to_string(fd.get());
}

Result<UniqueFd> open_place(const Place& place, const std::string& path) {
    UniqueFd fd(::open(descriptor_path(place.fd).c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd) return error_of(path, errno);
    return fd;
}

Result<UniqueFd> open_regular(const Place& place, const std::string& path) {
    if (!S_ISREG(place.status.st_mode)) return Error{path + ": not a regular file", EINVAL};
    if (place.status.st_nlink != 1) return Error{path + ": has more than one link", EMLINK};
    return open_place(place, path);
}

std::string directory_of(const std::string& path) {
    return std::filesystem::path(path).parent_path().string();
}

// The name in the same directory that the link at `path` stands for; none: it is another link, or none at all.
std::optional<std::string> linked_log(const Place& directory, const std::string& path) {
    const std::string name = std::filesystem::path(path).filename().string();
    std::array<char, PATH_MAX> text{};
    const ssize_t size = readlinkat(directory.fd.get(), name.c_str(), text.data(), text.size());
    if (size <= 0 || static_cast<std::size_t>(size) == text.size()) return std::nullopt;
    const std::filesystem::path target(std::string(text.data(), static_cast<std::size_t>(size)));
    const bool beside = !target.has_parent_path() || target.parent_path() == directory_of(path);
    std::string target_name = target.filename().string();
    if (!beside || !target_name.starts_with(name + "-")) return std::nullopt;
    return target_name;
}

bool others_may_write(const struct stat& status) {
    return (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

// `near`: the path itself or its directory, where a new name would be taken for one of ours.
Result<void> check_place(const std::string& path, uid_t owner, bool near) {
    const auto place = look_at(path);
    if (!place) return place.error();
    const struct stat& status = place->status;
    if (status.st_uid != owner && status.st_uid != 0) return Error{path + ": belongs to another user", EPERM};
    const bool sticky = !near && S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
    if (others_may_write(status) && !sticky) return Error{path + ": others may write it", EPERM};
    return {};
}

}  // namespace

Result<UniqueFd> open_strictly(const std::string& path) {
    const auto place = look_at(path);
    if (!place) return place.error();
    return open_regular(*place, path);
}

Result<UniqueFd> open_file_or_directory_strictly(const std::string& path) {
    const auto place = look_at(path);
    if (!place) return place.error();
    return S_ISDIR(place->status.st_mode) ? open_place(*place, path) : open_regular(*place, path);
}

Result<UniqueFd> open_log_strictly(const std::string& path) {
    auto opened = open_strictly(path);
    if (opened || opened.error().code != ELOOP) return opened;
    const auto directory = look_at(directory_of(path));
    if (!directory) return directory.error();
    const auto name = linked_log(*directory, path);
    if (!name) return opened;
    const auto place = look_at(*name, directory->fd.get());
    if (!place) return place.error();
    return open_regular(*place, path);
}

Result<UniqueFd> open_device_strictly(const std::string& path, uid_t owner) {
    std::error_code error;
    const std::string real = std::filesystem::canonical(path, error).string();
    if (error) return error_of(path, error.value());
    for (const std::string& each : {path, real})
        if (auto checked = check_owned(directory_of(each) + "/.", owner); !checked) return checked.error();
    const auto place = look_at(real);
    if (!place) return place.error();
    return S_ISBLK(place->status.st_mode) ? open_place(*place, real) : open_strictly(path);
}

Result<UniqueFd> open_kernel_log_strictly(const std::string& path) {
    auto opened = open_strictly(path);
    if (opened || opened.error().code != ELOOP) return opened;
    Place place;
    place.fd.reset(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct statfs system {};
    const bool found = place.fd && fstat(place.fd.get(), &place.status) == 0 && fstatfs(place.fd.get(), &system) == 0;
    if (!found) return error_of(path, errno);
    // Whose links led here does not matter: what is in securityfs is the kernel's.
    if (system.f_type != SECURITYFS_MAGIC) return opened;
    return open_regular(place, path);
}

Result<UniqueFd> watch_directory_strictly(const std::string& path, Resource resource) {
    const std::string directory = directory_of(path);
    const auto place = look_at(directory);
    if (!place) return place.error();
    return watch_path(descriptor_path(place->fd), directory, resource);
}

bool links_are_protected(const std::string& sysctl) {
    const UniqueFd fd(::open(sysctl.c_str(), O_RDONLY | O_CLOEXEC));
    char value = '0';
    return ::read(fd.get(), &value, 1) == 1 && value == '1';
}

Result<void> check_owned(const std::string& path, uid_t owner) {
    const std::filesystem::path whole(path);
    if (!whole.is_absolute()) return Error{path + ": is not an absolute path", EINVAL};
    const std::filesystem::path parent = whole.parent_path();
    std::filesystem::path above;
    for (const auto& part : whole) {
        above /= part;
        const bool near = above == whole || above == parent;
        if (auto checked = check_place(above.string(), owner, near); !checked) return checked;
    }
    return {};
}

}  // namespace integrityd
