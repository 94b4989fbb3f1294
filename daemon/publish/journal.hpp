// JournalPublisher: events as entries of the journal, with every field (contract section 11).
//
// Speaks journald's native protocol itself (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/), because
// sd_journal_sendv() returns 0 when no journald is there and waits when its queue is full: a
// recipient that cannot be reached must be noticed, and the loop must not wait.
#pragma once

#include <string>

#include "publish/datagram.hpp"
#include "publish/publisher.hpp"

namespace integrityd {

class JournalPublisher final : public Publisher {
public:
    explicit JournalPublisher(std::string socket_path = "/run/systemd/journal/socket")
        : target_(std::move(socket_path)) {}

    Result<void> publish(const Event& event) override;

private:
    DatagramTarget target_;
};

}  // namespace integrityd
