#include "publish/state_file.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.hpp"
#include "core/printable.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

namespace {

constexpr mode_t file_mode = 0640;
constexpr std::size_t longest_reason = 1024;

Error system_error(const std::string& path) {
    return {fmt::format("{}: {}", path, std::strerror(errno)), errno};
}

std::optional<gid_t> find_group(const std::string& name) {
    const group* found = ::getgrnam(name.c_str());  // once, before any other thread is there
    return found != nullptr ? std::optional<gid_t>(found->gr_gid) : std::nullopt;
}

// There already is as good.
Result<void> create_flag(const std::string& path, std::optional<gid_t> group) {
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, file_mode));
    if (!file) return system_error(path);
    if (group) (void)::fchown(file.get(), static_cast<uid_t>(-1), *group);  // not a member: the flag counts
    return {};
}

std::string flag_text(std::string_view stream) {
    return stream.empty() ? std::string() : fmt::format("STREAM={}\n", stream);
}

std::timespec time_of(const std::string& path) {
    struct stat status = {};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_mtim : std::timespec{};
}

void set_time(const std::string& path, const std::timespec& time) {
    const std::timespec times[] = {time, time};
    (void)::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW);
}

// In place, where a full disk has no room for another file; what a reader sees of it begins with the new verdict.
bool overwrite(const std::string& path, const std::string& text) {
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    return file && ::pwrite(file.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
           ::ftruncate(file.get(), static_cast<off_t>(text.size())) == 0;
}

bool holds(const std::string& path, const std::string& text) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    std::string found(text.size() + 1, '\0');
    return file && ::read(file.get(), found.data(), found.size()) == static_cast<ssize_t>(text.size()) &&
           found.compare(0, text.size(), text) == 0;
}

bool exists(const std::string& path) {
    struct stat status = {};
    return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

StateFile::StateFile(std::string runtime_dir, const std::string& group)
    : directory_(std::move(runtime_dir)), group_(find_group(group)) {
    if (::mkdir(directory_.c_str(), 0755) != 0 && errno != EEXIST) told(system_error(directory_));
    found_time_ = time_of(path());
    // Left by integrityd-failed.service when the last start failed.
    (void)::unlink((directory_ + "/failed").c_str());
}

StateFile::~StateFile() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    write({.verdict = Verdict::unknown,
           .since = static_cast<WallTime>(std::chrono::duration_cast<std::chrono::microseconds>(now).count()),
           .sequence = sequence_,
           .reason = "the daemon has ended"});
}

void StateFile::write(const DeviceState& state) {
    sequence_ = state.sequence;
    text_ = fmt::format("VERDICT={}\nSINCE={}\nSEQUENCE={}\nREASON={}\n", to_string(state.verdict), state.since,
                        state.sequence, printable_cut(state.reason, longest_reason));
    told(put(text_));
}

// A verdict that is not true any more is worse than none, which readers take for `unknown`.
Result<void> StateFile::put(const std::string& text) {
    auto replaced = replace(text);
    if (replaced) return replaced;
    if (!overwrite(path(), text))
        (void)::unlink(path().c_str());
    else if (!lives_)
        set_time(path(), found_time_);
    return replaced;
}

// Not synced: /run is memory, and after a crash of the machine the file is gone as it should be.
Result<void> StateFile::replace(const std::string& text) {
    const std::string fresh = path() + ".new";
    (void)::unlink(fresh.c_str());
    const UniqueFd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, file_mode));
    if (!file) return system_error(fresh);
    // The umask is not asked; a group that we are not in leaves the file to its owner.
    (void)::fchmod(file.get(), file_mode);
    if (group_) (void)::fchown(file.get(), static_cast<uid_t>(-1), *group_);
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return system_error(fresh);
    if (!lives_) set_time(fresh, found_time_);
    if (::rename(fresh.c_str(), path().c_str()) != 0) return system_error(path());
    return {};
}

void StateFile::touch() {
    if (text_.empty()) return;
    const bool ours = holds(path(), text_);
    if (ours && !failing_ && !lives_) return;
    if (ours && !failing_ && ::utimensat(AT_FDCWD, path().c_str(), nullptr, AT_SYMLINK_NOFOLLOW) == 0) return;
    if (!ours && !failing_) log::warning("{} was altered or removed by somebody else: it is put back", path());
    told(put(text_));
}

WallTime StateFile::last_sign() const {
    return static_cast<WallTime>(found_time_.tv_sec) * 1'000'000 + static_cast<WallTime>(found_time_.tv_nsec) / 1000;
}

void StateFile::latch(Flag flag, std::string_view stream) {
    if (flag == Flag::violated) told(set_violated(stream));
    if (flag == Flag::restored) told(set_restored());
}

bool StateFile::violated(std::string_view stream) const {
    return !stream.empty() && holds(directory_ + "/violated", flag_text(stream));
}

// A rename changes one flag into the other: never both, and no moment without any.
Result<void> StateFile::set_violated(std::string_view stream) {
    const std::string violated = directory_ + "/violated";
    const std::string restored = directory_ + "/restored";
    const std::string text = flag_text(stream);
    if (!exists(violated) && exists(restored)) {
        (void)overwrite(restored, text);  // before: what it still says is of the time before
        return ::rename(restored.c_str(), violated.c_str()) == 0 ? Result<void>() : system_error(violated);
    }
    if (!exists(violated)) {
        if (auto created = create_flag(violated, group_); !created) return created;
    }
    // A flag that could not be written to counts, and is no worse than one whose store is lost.
    if (!holds(violated, text)) (void)overwrite(violated, text);
    return {};
}

Result<void> StateFile::set_restored() {
    const std::string violated = directory_ + "/violated";
    const std::string restored = directory_ + "/restored";
    if (exists(restored) || !exists(violated)) return {};
    return ::rename(violated.c_str(), restored.c_str()) == 0 ? Result<void>() : system_error(restored);
}

void StateFile::told(const Result<void>& result) {
    if (!result && !failing_) log::error("the verdict cannot be written: {}", result.error().message);
    failing_ = !result.ok();
}

}  // namespace integrityd
