// ChildProcess: runs a program for its output, with a deadline, without ever blocking the loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/event_loop.hpp"
#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

struct ChildRequest {
    std::vector<std::string> command;  // [0] is an absolute path; no shell, the environment is PATH and LANG only
    Duration deadline{0};              // then SIGKILL to its process group
    std::size_t output_limit = 0;      // bytes of standard output kept; the child is killed beyond
    std::size_t error_limit = 0;       // bytes of standard error kept; the rest is read and dropped
    int input = -1;                    // standard input, the caller's until the child is started; -1: /dev/null
};

struct ChildResult {
    int wait_status = 0;
    bool deadline_passed = false;
    bool output_cut = false;
    UniqueFd output;     // an unnamed file (memfd) with standard output, at offset 0
    std::string errors;  // standard error, raw bytes
    std::uint64_t errors_dropped = 0;
};

class ChildProcess {
public:
    virtual ~ChildProcess() = default;  // kills and reaps what still runs; `done` is not called any more
    [[nodiscard]] virtual pid_t pid() const = 0;
    [[nodiscard]] virtual std::uint64_t output_bytes() const = 0;
};

// Starts the program with the lowest priority (nice 19, idle I/O class), in a process group of its
// own. `done` runs once on the loop, after the child has ended and its pipes are read.
[[nodiscard]] Result<std::unique_ptr<ChildProcess>> start_child(EventLoop& loop, const ChildRequest& request,
                                                                std::function<void(ChildResult)> done);

}  // namespace integrityd
