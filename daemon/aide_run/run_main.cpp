// integrityd-aide-run: runs AIDE for the connection that is its standard input (integrityd-aide@.service).
#include <cstdio>
#include <exception>
#include <signal.h>
#include <string_view>
#include <sysexits.h>
#include <unistd.h>

#include "aide_run/server.hpp"
#include "core/event_loop_sd.hpp"

namespace {

void block_child_signal() {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &blocked, nullptr);
}

int serve(bool new_database) {
    // Debian's. One configuration, one database: what the daemon watches and what AIDE's own unit checks.
    auto service = integrityd::aide_service("/etc/aide/aide.conf", "/var/lib/aide/aide.db");
    service.new_database = new_database;
    service.patience = std::chrono::minutes(1);  // local, and the client does nothing but read
    service.deadline = std::chrono::hours(3);    // as RuntimeMaxSec= of the unit
    integrityd::SdEventLoop loop;
    const auto served = integrityd::serve_aide(loop, STDIN_FILENO, service);
    if (served) return EX_OK;
    (void)std::fprintf(stderr, "integrityd-aide-run: %s\n", served.error().message.c_str());
    return EX_UNAVAILABLE;
}

}  // namespace

int main(int argc, char** argv) {
    const bool new_database = argc == 2 && std::string_view(argv[1]) == "--new-database";
    if (argc > 1 && !new_database) {
        (void)std::fputs("usage: integrityd-aide-run [--new-database]\n", stderr);
        return EX_USAGE;
    }
    block_child_signal();
    try {
        return serve(new_database);
    } catch (const std::exception& failure) {
        (void)std::fprintf(stderr, "integrityd-aide-run: %s\n", failure.what());
        return EX_SOFTWARE;
    }
}
