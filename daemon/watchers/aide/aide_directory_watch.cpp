#include "watchers/aide/aide_directory_watch.hpp"

#include <cstring>
#include <string_view>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace integrityd {

namespace {

// A directory that is not there yet is made by a package or by systemd-tmpfiles: soon or never.
constexpr Duration retry_after = std::chrono::seconds(10);

}  // namespace

AideDirectoryWatch::AideDirectoryWatch(EventLoop& loop, Opener& opener, Resource resource, std::string file_name,
                                       Changed changed)
    : loop_(loop),
      opener_(opener),
      resource_(resource),
      file_name_(std::move(file_name)),
      changed_(std::move(changed)),
      retry_(loop.add_timer([this] { arm(); }, std::chrono::seconds(1))) {}

void AideDirectoryWatch::arm() {
    source_.reset();
    auto fd = opener_.watch_directory(resource_);
    if (!fd) {
        fd_.reset();
        problem_ = fd.error().message;
        retry_->start(retry_after);
        return changed_({});
    }
    fd_ = std::move(*fd);
    problem_.clear();
    source_ = loop_.add_io(fd_.get(), EPOLLIN, [this](std::uint32_t) { read_events(); });
    changed_({true, false});
}

void AideDirectoryWatch::read_events() {
    alignas(inotify_event) char buffer[4096];
    Change change;
    bool any = false;
    // What came between two reads is one change; the rest stays readable and comes with the next turn.
    const ssize_t got = ::read(fd_.get(), buffer, sizeof buffer);
    for (ssize_t at = 0; at + static_cast<ssize_t>(sizeof(inotify_event)) <= got;) {
        inotify_event event{};
        std::memcpy(&event, buffer + at, sizeof event);
        const char* const name_bytes = buffer + at + sizeof event;
        const std::string_view name(name_bytes, strnlen(name_bytes, event.len));
        at += static_cast<ssize_t>(sizeof event + event.len);
        if ((event.mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) != 0) return lost();
        const bool overflow = (event.mask & IN_Q_OVERFLOW) != 0;
        if (!overflow && name.substr(0, file_name_.size()) != file_name_) continue;
        any = true;
        change.finished = change.finished || overflow || (event.mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0;
        change.gone = change.gone || (name == file_name_ && (event.mask & (IN_DELETE | IN_MOVED_FROM)) != 0);
    }
    if (any) changed_(change);
}

// The directory itself is gone: it may come back.
void AideDirectoryWatch::lost() {
    source_.reset();
    fd_.reset();
    problem_ = "the directory of " + file_name_ + " is gone";
    retry_->start(retry_after);
    changed_({false, true});
}

}  // namespace integrityd
