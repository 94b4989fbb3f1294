#include "sources/audit_log_search.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <utility>

namespace integrityd {

namespace {

// auditd renames from the highest number down, so that in between a number is free.
constexpr unsigned most_holes = 2;

// Something has the name and is none of ours: a link, a directory, a file with a second name.
bool is_no_log(int code) {
    return code == EINVAL || code == ELOOP || code == EMLINK;
}

std::optional<OpenedLog> opened(UniqueFd fd) {
    OpenedLog log;
    log.fd = std::make_shared<const UniqueFd>(std::move(fd));
    if (fstat(log.fd->get(), &log.status) < 0) return std::nullopt;
    return log;
}

class Search {
public:
    Search(const std::function<bool(const OpenedLog&)>& is_it, std::size_t beyond) : is_it_(is_it), beyond_(beyond) {}

    // False: no further one is needed.
    bool add(OpenedLog log) {
        const OpenedLog before = std::exchange(last_, log);
        const AuditLogIdentity identity = log.identity();
        // It was seen at a lower number.
        if (std::find(seen_.begin(), seen_.end(), identity) != seen_.end()) return true;
        seen_.push_back(identity);
        files_.push_back(std::move(log));
        if (found_) return ++after_ < beyond_;
        found_ = is_it_(files_.back());
        if (found_) successor_ = before;
        if (!found_ && files_.size() > most_newer_logs) {
            files_.pop_front();
            more_ = true;
        }
        return !found_ || beyond_ > 0;
    }
    // Whether the order of the newer ones depends on nothing having been renamed meanwhile.
    [[nodiscard]] bool needs_rest() const { return files_.size() - after_ > (found_ ? 2U : 1U); }

    AuditLogsFound take(bool shifted) && {
        if (shifted) keep_what_is_sure();
        AuditLogsFound result;
        result.files.assign(std::make_move_iterator(files_.rbegin()), std::make_move_iterator(files_.rend()));
        if (found_) result.place = after_;
        result.more = more_;
        result.shifted = shifted;
        return result;
    }

private:
    // The successor of the one that was looked for; else the oldest of all.
    void keep_what_is_sure() {
        const std::size_t kept = found_ ? after_ + 1 : 1;
        files_.erase(files_.begin(), files_.end() - static_cast<std::ptrdiff_t>(kept));
        if (found_) files_.push_front(successor_);
        if (!found_) files_.front() = last_;
        more_ = true;
    }

    const std::function<bool(const OpenedLog&)>& is_it_;
    const std::size_t beyond_;
    std::deque<OpenedLog> files_;         // the newest first
    std::vector<AuditLogIdentity> seen_;  // also those that were let go
    OpenedLog last_;
    OpenedLog successor_;
    bool found_ = false;
    bool more_ = false;
    std::size_t after_ = 0;
};

// What has the log's name, none if nothing: each rotation makes a new file of it.
std::optional<AuditLogIdentity> log_identity(Opener& opener) {
    auto fd = opener.open(Resource::audit_log);
    if (!fd) return std::nullopt;
    const auto log = opened(std::move(*fd));
    if (!log) return std::nullopt;
    return log->identity();
}

}  // namespace

AuditLogsFound find_audit_logs(Opener& opener, const std::function<bool(const OpenedLog&)>& is_it, std::size_t beyond) {
    Search search(is_it, beyond);
    std::optional<AuditLogIdentity> newest;
    unsigned holes = 0;
    for (unsigned number = 0; number <= most_older_files && holes <= most_holes; ++number) {
        auto fd = number == 0 ? opener.open(Resource::audit_log) : opener.open_older(Resource::audit_log, number);
        if (fd) {
            holes = 0;
            auto log = opened(std::move(*fd));
            if (!log) continue;
            if (number == 0) newest = log->identity();
            if (!search.add(std::move(*log))) break;
        } else if (fd.error().code == ENOENT) {
            holes += number == 0 ? 0 : 1;
        } else if (number == 0 || !is_no_log(fd.error().code)) {
            AuditLogsFound nothing;
            nothing.refused = fd.error();
            return nothing;
        }
    }
    AuditLogsFound result = std::move(search).take(search.needs_rest() && log_identity(opener) != newest);
    result.log_missing = !newest;
    return result;
}

}  // namespace integrityd
