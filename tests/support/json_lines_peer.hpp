// JsonLinesPeer: who listens where a unix recipient of integrityd connects to.
#pragma once

#include <chrono>
#include <poll.h>
#include <string>
#include <vector>

#include "support/failure_bound.hpp"
#include "support/unix_receiver.hpp"

namespace integrityd::test {

class JsonLinesPeer {
public:
    explicit JsonLinesPeer(std::string path) : path_(std::move(path)) { listen(); }

    void listen() {
        (void)::unlink(path_.c_str());
        listening_ = bind_unix(path_, SOCK_STREAM);
        (void)::listen(listening_.get(), 4);
    }
    // Goes away with all it had: what it has not read is lost to it, as for any program that ends.
    void leave() {
        connection_.reset();
        listening_.reset();
        (void)::unlink(path_.c_str());
    }
    // Reads until a line holds this text; false after failure_bound.
    bool wait_for(const std::string& text) {
        const auto late = std::chrono::steady_clock::now() + failure_bound;
        while (!has(text)) {
            pollfd waits[] = {{listening_.get(), POLLIN, 0}, {connection_ ? connection_.get() : -1, POLLIN, 0}};
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(late - std::chrono::steady_clock::now());
            if (left.count() <= 0 || ::poll(waits, 2, static_cast<int>(left.count())) <= 0) return false;
            if ((waits[0].revents & POLLIN) != 0) accept();
            if (waits[1].revents != 0) read();
        }
        return true;
    }
    [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

private:
    [[nodiscard]] bool has(const std::string& text) const {
        for (const auto& line : lines_) {
            if (line.find(text) != std::string::npos) return true;
        }
        return false;
    }
    void accept() {
        connection_.reset(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        rest_.clear();
    }
    void read() {
        char buffer[65536];
        ssize_t size = 0;
        while ((size = ::read(connection_.get(), buffer, sizeof buffer)) > 0)
            rest_.append(buffer, static_cast<std::size_t>(size));
        if (size == 0) connection_.reset();
        for (std::size_t end = 0; (end = rest_.find('\n')) != std::string::npos; rest_.erase(0, end + 1))
            lines_.push_back(rest_.substr(0, end));
    }

    std::string path_;
    UniqueFd listening_;
    UniqueFd connection_;
    std::string rest_;
    std::vector<std::string> lines_;
};

}  // namespace integrityd::test
