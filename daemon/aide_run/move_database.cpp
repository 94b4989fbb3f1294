#include "aide_run/move_database.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/unique_fd.hpp"

namespace integrityd {

namespace {

constexpr const char* access_list = "system.posix_acl_access";
// Some hundred entries of 8 bytes; more than any database has readers.
constexpr std::size_t access_list_limit = 4096;

Error last_error(const std::string& what) {
    const int code = errno;
    return Error{what + ": " + std::strerror(code), code};
}

Result<UniqueFd> open_database(const std::string& path) {
    UniqueFd file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file) return last_error(path);
    struct stat status {};
    if (fstat(file.get(), &status) < 0) return last_error(path);
    if (!S_ISREG(status.st_mode)) return Error{path + ": not a regular file"};
    return Result<UniqueFd>(std::move(file));
}

Result<void> copy_access(int from, int to) {
    struct stat status {};
    if (fstat(from, &status) < 0) return last_error("fstat");
    if (fchmod(to, status.st_mode & 07777) < 0) return last_error("fchmod");
    std::array<char, access_list_limit> entries{};
    const ssize_t size = fgetxattr(from, access_list, entries.data(), entries.size());
    // None, or a file system without: the mode is all there is.
    if (size < 0 && (errno == ENODATA || errno == ENOTSUP)) return {};
    if (size < 0) return last_error("fgetxattr");
    if (fsetxattr(to, access_list, entries.data(), static_cast<std::size_t>(size), 0) < 0)
        return last_error("fsetxattr");
    return {};
}

Result<void> sync_directory(const std::string& database) {
    const std::string directory = database.substr(0, database.rfind('/') + 1);
    const UniqueFd opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened || fsync(opened.get()) < 0) return last_error(directory);
    return {};
}

}  // namespace

Result<void> move_database(const std::string& database) {
    const std::string fresh_path = database + ".new";
    const auto fresh = open_database(fresh_path);
    if (!fresh) return fresh.error();
    const auto old = open_database(database);
    if (!old && old.error().code != ENOENT) return old.error();
    if (old) {
        if (auto copied = copy_access(old->get(), fresh->get()); !copied) return copied;
    }
    if (fsync(fresh->get()) < 0) return last_error(fresh_path);
    if (rename(fresh_path.c_str(), database.c_str()) < 0) return last_error(fresh_path);
    return sync_directory(database);
}

}  // namespace integrityd
