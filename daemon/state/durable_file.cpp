#include "state/durable_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "core/read_file.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

namespace {

Result<void> sync_directory_of(const std::string& path) {
    const std::string directory = std::filesystem::path(path).parent_path().string();
    const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0) return file_error("cannot sync", directory, errno);
    return {};
}

}  // namespace

Error file_error(std::string_view what, const std::string& path, int code) {
    return {std::string(what) + " " + path + ": " + std::generic_category().message(code), code};
}

Result<std::optional<std::string>> read_if_there(const std::string& path, std::size_t limit) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd && errno == ENOENT) return std::optional<std::string>();
    if (!fd) return file_error("cannot open", path, errno);
    auto bytes = read_whole(fd, limit);
    if (!bytes) return Error{path + " " + bytes.error().message, bytes.error().code};
    return std::optional(std::move(*bytes));
}

Result<void> write_file(const std::string& path, std::string_view bytes) {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return file_error("cannot create", path, errno);
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd.get(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file_error("cannot write", path, errno);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fsync(fd.get()) != 0) return file_error("cannot sync", path, errno);
    return {};
}

Result<void> rename_file(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) return file_error("cannot rename", from, errno);
    return sync_directory_of(to);
}

Result<void> make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return file_error("cannot create", path, errno);
    return {};
}

}  // namespace integrityd
