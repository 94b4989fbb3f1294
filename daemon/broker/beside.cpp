#include "broker/beside.hpp"

#include <cerrno>
#include <cstring>
#include <exception>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

namespace integrityd {

Result<void> Beside::run(const std::function<void()>& work) {
    while (running_ > 0 && waitpid(-1, nullptr, WNOHANG) > 0)
        --running_;
    if (running_ >= most_) return Error{"the TPM is still busy with earlier questions", EBUSY};
    const pid_t child = fork();
    if (child < 0) return Error{std::string("fork: ") + std::strerror(errno), errno};
    if (child > 0) {
        ++running_;
        return {};
    }
    int status = EX_OK;
    try {
        work();
    } catch (const std::exception&) {
        status = EX_SOFTWARE;
    }
    _exit(status);
}

}  // namespace integrityd
