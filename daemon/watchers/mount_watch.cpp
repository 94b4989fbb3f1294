#include "watchers/mount_watch.hpp"

#include <fcntl.h>
#include <sys/epoll.h>

namespace integrityd {

namespace {

// A service that starts makes some mounts in one go; somebody who mounts in a circle costs ten readings a second.
constexpr Duration settles_within = std::chrono::milliseconds(100);

}  // namespace

MountWatch::MountWatch(EventLoop& loop, Worker& worker, std::string root, Changed changed)
    : worker_(worker),
      root_(std::move(root)),
      changed_(std::move(changed)),
      settled_(loop.add_timer([this] { read(); })),
      table_(open(mount_table_path(root_).c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) {
    if (!table_) return;
    // Asking takes the news: until the next change the table is not ready again.
    source_ = loop.add_io(table_.get(), EPOLLPRI, [this](std::uint32_t) {
        if (!settled_->running()) settled_->start(settles_within);
    });
}

void MountWatch::read() {
    const auto submitted = worker_.run(
        Lane::disk, [root = root_] { return read_mount_table(root); },
        [this, alive = std::weak_ptr<int>(alive_)](const Result<std::vector<Mount>>& mounts) {
            if (!alive.expired() && mounts) changed_(*mounts);
        });
    if (!submitted) settled_->start(settles_within);
}

}  // namespace integrityd
