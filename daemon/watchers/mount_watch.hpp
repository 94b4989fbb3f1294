// MountWatch: says at once what is mounted, whenever that changes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/event_loop.hpp"
#include "core/unique_fd.hpp"
#include "core/worker.hpp"
#include "sources/mount_table.hpp"

namespace integrityd {

class MountWatch {
public:
    using Changed = std::function<void(const std::vector<Mount>&)>;

    // `root`: of read_mount_table(). Where the table cannot be opened nothing is said: whoever looks finds that out.
    MountWatch(EventLoop& loop, Worker& worker, std::string root, Changed changed);

private:
    void read();

    Worker& worker_;
    const std::string root_;
    const Changed changed_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // a job may come back after our end
    std::unique_ptr<Timer> settled_;
    UniqueFd table_;
    std::unique_ptr<IoSource> source_;  // before the descriptor it watches is closed
};

}  // namespace integrityd
