// AideDirectoryWatch: tells when a file is written, replaced or gone, by watching its directory.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/event_loop.hpp"
#include "core/opener.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

class AideDirectoryWatch {
public:
    struct Change {
        bool finished = false;  // closed after writing, or moved there: what is there is all
        bool gone = false;
    };
    using Changed = std::function<void(Change)>;

    // `file_name`: names that begin with it count, because Debian's daily check makes `aide.log` a
    // link to `aide.log-DATE` where savelog is missing.
    AideDirectoryWatch(EventLoop& loop, Opener& opener, Resource resource, std::string file_name, Changed changed);

    // Begins to watch; a directory that is not there is tried again. After that, and after anything
    // was lost, `changed` is called as if the file had been written.
    void arm();
    // Why nothing is watched; empty: all is well.
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    void read_events();
    void lost();

    EventLoop& loop_;
    Opener& opener_;
    Resource resource_;
    std::string file_name_;
    Changed changed_;
    std::string problem_;
    std::unique_ptr<Timer> retry_;
    UniqueFd fd_;
    std::unique_ptr<IoSource> source_;  // before the descriptor it watches is closed
};

}  // namespace integrityd
