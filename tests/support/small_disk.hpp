// A disk that is soon full, seen by this process and its children alone.
#pragma once

#include <fcntl.h>
#include <filesystem>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <unistd.h>
#include <utility>

#include <catch2/catch.hpp>

#include "core/unique_fd.hpp"

namespace integrityd::test {

class SmallDisk {
public:
    explicit SmallDisk(std::string path) : path_(std::move(path)) {
        mounted_ = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
                   mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                   mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=3m") == 0;
    }
    ~SmallDisk() {
        if (mounted_) (void)umount2(path_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    [[nodiscard]] bool mounted() const { return mounted_; }
    void fill() const {
        const UniqueFd fd(open(filler().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        const std::string block(4096, 'x');
        while (write(fd.get(), block.data(), block.size()) > 0) {
        }
    }
    void make_room() const {
        REQUIRE(mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, "size=128m") == 0);
        std::filesystem::remove(filler());
    }

private:
    [[nodiscard]] std::string filler() const { return path_ + "/filler"; }

    std::string path_;
    bool mounted_ = false;
};

}  // namespace integrityd::test
