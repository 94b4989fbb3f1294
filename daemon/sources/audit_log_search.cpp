#include "sources/audit_log_search.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>

namespace integrityd {

namespace {

// auditd renames from the highest number down, so that in between a number is free.
constexpr unsigned most_holes = 2;

// Something has the name and is none of ours: a link, a directory, a file with a second name.
bool is_no_log(int code) {
    return code == EINVAL || code == ELOOP || code == EMLINK;
}

class Search {
public:
    Search(const std::function<bool(const OpenedLog&)>& is_it, std::size_t beyond) : is_it_(is_it), beyond_(beyond) {}

    // False: no further one is needed.
    bool add(UniqueFd fd) {
        OpenedLog log;
        log.fd = std::make_shared<const UniqueFd>(std::move(fd));
        if (fstat(log.fd->get(), &log.status) < 0) return true;
        // It was moved to this number after it was seen at the one before.
        if (!files_.empty() && files_.back().identity() == log.identity()) return true;
        files_.push_back(std::move(log));
        if (found_) return ++after_ < beyond_;
        found_ = is_it_(files_.back());
        if (!found_ && files_.size() > most_newer_logs) {
            files_.pop_front();
            more_ = true;
        }
        return !found_ || beyond_ > 0;
    }
    AuditLogsFound take() && {
        AuditLogsFound result;
        result.files.assign(std::make_move_iterator(files_.rbegin()), std::make_move_iterator(files_.rend()));
        if (found_) result.place = after_;
        result.more = more_;
        return result;
    }

private:
    const std::function<bool(const OpenedLog&)>& is_it_;
    const std::size_t beyond_;
    std::deque<OpenedLog> files_;  // the newest first
    bool found_ = false;
    bool more_ = false;
    std::size_t after_ = 0;
};

}  // namespace

AuditLogsFound find_audit_logs(Opener& opener, const std::function<bool(const OpenedLog&)>& is_it, std::size_t beyond) {
    Search search(is_it, beyond);
    bool log_missing = false;
    unsigned holes = 0;
    for (unsigned number = 0; number <= most_older_files && holes <= most_holes; ++number) {
        auto fd = number == 0 ? opener.open(Resource::audit_log) : opener.open_older(Resource::audit_log, number);
        if (fd) {
            holes = 0;
            if (!search.add(std::move(*fd))) break;
        } else if (fd.error().code == ENOENT) {
            log_missing = log_missing || number == 0;
            holes += number == 0 ? 0 : 1;
        } else if (number == 0 || !is_no_log(fd.error().code)) {
            AuditLogsFound nothing;
            nothing.refused = fd.error();
            return nothing;
        }
    }
    AuditLogsFound result = std::move(search).take();
    result.log_missing = log_missing;
    return result;
}

}  // namespace integrityd
