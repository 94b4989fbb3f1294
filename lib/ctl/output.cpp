#include "output.hpp"

#include <cerrno>
#include <poll.h>
#include <unistd.h>

#include "text.hpp"

namespace integrityctl {

namespace {

constexpr std::size_t flush_at = 64 * 1024;  // one pipe's worth

// A descriptor that somebody has made non-blocking is waited for.
bool wait_writable(int fd) {
    pollfd waited{fd, POLLOUT, 0};
    return poll(&waited, 1, -1) > 0 || errno == EINTR;
}

int write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            if (!wait_writable(fd)) return errno;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

}  // namespace

void Output::write(std::string_view text) {
    if (closed()) return;
    waiting_ += text;
    if (waiting_.size() >= flush_at) flush();
}

void Output::line(std::string_view text) {
    write(text);
    write("\n");
}

void Output::json(std::string_view text) {
    line(printable_json(text));
}

void Output::progress(std::string_view text) {
    if (!terminal_.interactive || (text.empty() && !progress_shown_)) return;
    const auto lines = wrap(text, terminal_.width - 1);
    write("\r\033[K" + lines.front());  // ECMA-48 EL: erase to the end of the line
    progress_shown_ = !text.empty();
    flush();
}

void Output::flush() {
    if (!closed() && !waiting_.empty()) error_ = write_all(fd_, waiting_);
    waiting_.clear();
}

int Output::error() const {
    return error_ == EPIPE ? 0 : error_;
}

}  // namespace integrityctl
