// Serves one client of the broker's socket: who it is, what it asks, what it gets.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>

#include "broker/tpm_forward.hpp"
#include "core/opener.hpp"
#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

struct BrokerSettings {
    // Whose requests are answered. Root is not: who is root needs no broker.
    uid_t client = 0;
    // For the next request to come, and for an answer to be taken. The daemon asks at once; a client that is silent or
    // never reads would keep the only place from the next one.
    std::chrono::milliseconds patience{2000};
    // Asked once for each client, so that it gets what the configuration names now.
    std::function<Result<std::unique_ptr<Opener>>()> make_opener;
    // Says what was refused. At most one line a client, without anything that the client wrote.
    std::function<void(const std::string& line)> log;
    // Does what may wait long without keeping the next client waiting. An error: it was not begun.
    std::function<Result<void>(const std::function<void()>& work)> beside;
    TpmForwardSettings tpm;
};

// Until the client closes, is silent, asks what is no request, or has asked 64 times. One client after the other: there
// is only one daemon. Nothing that a client does makes it last longer.
void serve_client(const UniqueFd& client, const BrokerSettings& settings);

}  // namespace integrityd
