// Standard output and standard error. A reader that has gone away is no error and ends nothing by force.
#pragma once

#include <string>
#include <string_view>

#include "terminal.hpp"

namespace integrityctl {

class Output {
public:
    explicit Output(int fd) : Output(fd, Terminal::of(fd)) {}
    Output(int fd, const Terminal& terminal) : fd_(fd), terminal_(terminal) {}
    ~Output() { flush(); }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    void write(std::string_view text);
    void line(std::string_view text);
    // One line of JSON.
    void json(std::string_view text);
    // Standing text on a terminal, written over by the next; nothing elsewhere. Empty: takes it away.
    void progress(std::string_view text);
    void flush();

    [[nodiscard]] std::string painted(std::string_view text, Style style) const {
        return paint(text, style, terminal_);
    }
    [[nodiscard]] const Terminal& terminal() const { return terminal_; }
    [[nodiscard]] int fd() const { return fd_; }
    // Nobody reads any more; what is written is dropped.
    [[nodiscard]] bool closed() const { return error_ != 0; }
    // errno of a write that failed for another reason than a reader that has gone; 0: none.
    [[nodiscard]] int error() const;

private:
    int fd_;
    Terminal terminal_;
    std::string waiting_;
    int error_ = 0;
    bool progress_shown_ = false;
};

}  // namespace integrityctl
