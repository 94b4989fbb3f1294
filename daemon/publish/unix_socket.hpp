// UnixSocketPublisher: a line of JSON for each event to a stream socket (integrityd.toml(5)).
#pragma once

#include <string>

#include "core/unique_fd.hpp"
#include "publish/publisher.hpp"

namespace integrityd {

// An event counts as delivered when its last byte was taken over by the socket. A peer that does not
// read stops the stream (EAGAIN) within one line; the rest of that line goes first when the same
// event is handed over again. A new connection begins with a whole line.
class UnixSocketPublisher final : public Publisher {
public:
    explicit UnixSocketPublisher(std::string path) : path_(std::move(path)) {}

    Result<void> publish(const Event& event) override;

private:
    Result<void> connect();
    // Writes what is left of `line_`.
    Result<void> write();
    Error failed(int code);

    std::string path_;
    UniqueFd socket_;
    // The event whose line was begun on this connection; 0: none.
    std::uint64_t sequence_ = 0;
    std::string line_;
    std::size_t written_ = 0;
};

}  // namespace integrityd
