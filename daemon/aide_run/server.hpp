// serve_aide(): AIDE's side of one connection (aide_run/protocol.hpp).
#pragma once

#include <string>
#include <vector>

#include "core/event_loop.hpp"
#include "core/result.hpp"

namespace integrityd {

struct AideService {
    using Command = std::vector<std::string>;  // [0] is an absolute path
    Command check;
    Command init;
    Command compare;
    Command verify;
    Command paths;              // --limit is added; the database comes by standard input
    std::string config;         // goes with each command, without its reports' places; empty: goes with none
    std::string database;       // the new one is beside it, with ".new"
    bool new_database = false;  // whether others than root may ask for anything but `check`
    Duration patience{0};       // with a client that neither asks nor reads
    Duration deadline{0};       // for a run
};

// AIDE's runs with this configuration and database; reports go to standard output as JSON, and to nowhere else
// (report_free_config.hpp).
[[nodiscard]] AideService aide_service(const std::string& config, const std::string& database);

// Answers one request on `socket`, a connected and blocking stream socket of the caller's; returns when the answer is
// sent, with an error when the client is gone or asks for something else. Blocks: this is all that its process does.
// SIGCHLD must be blocked.
[[nodiscard]] Result<void> serve_aide(EventLoop& loop, int socket, const AideService& service);

}  // namespace integrityd
