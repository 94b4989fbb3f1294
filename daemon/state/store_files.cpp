#include "state/store_files.hpp"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <sys/statvfs.h>
#include <unistd.h>
#include <vector>

#include "core/digest.hpp"
#include "core/unique_fd.hpp"
#include "state/durable_file.hpp"

namespace integrityd {

namespace {

// A few hundred ordinary events: enough to say what is going on, little for a device.
constexpr std::uint64_t reserve_size = 1U << 20;
// A record is about 150 bytes; within one sector, so that a write of it is never torn.
constexpr std::size_t record_size = 256;

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> words;
    std::size_t begin = 0;
    for (std::size_t end = text.find(' '); end != std::string::npos; end = text.find(' ', begin)) {
        words.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    words.push_back(text.substr(begin));
    return words;
}

std::optional<std::uint64_t> number(const std::string& word) {
    std::uint64_t out = 0;
    const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), out);
    if (fault != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return out;
}

bool exists(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

// What was set aside before stays, a log without its store too. Only the log of the one that is there now may be beside
// the name already: where setting aside was interrupted.
std::string free_name(const std::string& directory) {
    const bool half_aside = exists(directory + "/store.db") && !exists(directory + "/store.db-wal");
    for (std::uint64_t n = 1;; ++n) {
        std::string name = "store.damaged-" + std::to_string(n);
        const std::string path = directory + "/" + name;
        if (!exists(path) && (half_aside || !exists(path + "-wal"))) return name;
    }
}

}  // namespace

std::optional<ChainHead> Highwater::read() const {
    const auto bytes = read_if_there(path_, record_size);
    if (!bytes || !*bytes) return std::nullopt;
    const std::string record = (*bytes)->substr(0, (*bytes)->find_last_not_of(" \n") + 1);
    const std::size_t last = record.rfind(' ');
    if (last == std::string::npos || record.substr(last + 1) != sha256_hex(record.substr(0, last))) return std::nullopt;
    const auto words = split(record.substr(0, last));
    if (words.size() != 4) return std::nullopt;
    const auto sequence = number(words[0]);
    const auto next_id = number(words[1]);
    const auto hash = from_hex(words[3]);
    if (!sequence || !next_id || !hash || hash->size() != 32) return std::nullopt;
    return ChainHead{words[2], *sequence, *hash, *next_id};
}

// Opened each time: a descriptor that is kept would go on writing into a file that somebody took away.
void Highwater::write(const ChainHead& head) const {
    const UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return;
    std::string record = std::to_string(head.sequence) + " " + std::to_string(head.next_id) + " " + head.stream + " " +
                         to_hex(head.hash);
    record += " " + sha256_hex(record);
    record.resize(record_size - 1, ' ');
    record += '\n';
    (void)!::pwrite(fd.get(), record.data(), record.size(), 0);
}

void Highwater::sync() const {
    const UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
    if (fd) (void)::fdatasync(fd.get());
}

void Reserve::take() const {
    if (exists(path_)) return;
    struct statvfs disk {};
    if (::statvfs(std::filesystem::path(path_).parent_path().c_str(), &disk) != 0) return;
    if (std::uint64_t{disk.f_bavail} * disk.f_frsize < 4 * reserve_size) return;
    const UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (fd && ::posix_fallocate(fd.get(), 0, reserve_size) != 0) (void)::unlink(path_.c_str());
}

bool Reserve::give_up() const {
    return ::unlink(path_.c_str()) == 0;
}

std::string name_aside(const std::string& directory) {
    const bool any = exists(directory + "/store.db") || exists(directory + "/store.db-wal");
    return any ? free_name(directory) : std::string();
}

// The log first, each alone: an interrupted one is ended by the next call. A log whose database is gone gets the name
// itself: beside it, it would look like one that was interrupted, and be taken for the log of the next database.
Result<void> set_store_aside(const std::string& directory) {
    const std::string from = directory + "/store.db";
    const std::string log = from + "-wal";
    const std::string to = directory + "/" + free_name(directory);
    if (!exists(from)) return exists(log) ? rename_file(log, to) : Result<void>();
    if (exists(log)) {
        if (auto renamed = rename_file(log, to + "-wal"); !renamed) return renamed;
    }
    return rename_file(from, to);
}

}  // namespace integrityd
