// integrityd-aide-run: runs AIDE for the connection that is its standard input (integrityd-aide@.service).
#include <cstdio>
#include <exception>
#include <signal.h>
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

int serve(const char* config) {
    integrityd::AideService service;
    service.check = integrityd::aide_check_command(config);
    service.patience = std::chrono::minutes(1);  // local, and the client does nothing but read
    service.deadline = std::chrono::hours(3);    // as RuntimeMaxSec= of the unit
    integrityd::SdEventLoop loop;
    const auto served = integrityd::serve_aide(loop, STDIN_FILENO, service);
    if (served) return EX_OK;
    std::fprintf(stderr, "integrityd-aide-run: %s\n", served.error().message.c_str());
    return EX_UNAVAILABLE;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 2 || (argc == 2 && argv[1][0] != '/')) {
        std::fputs("usage: integrityd-aide-run [/AIDE/CONFIGURATION]\n", stderr);
        return EX_USAGE;
    }
    block_child_signal();
    try {
        return serve(argc == 2 ? argv[1] : "/etc/aide/aide.conf");
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "integrityd-aide-run: %s\n", failure.what());
        return EX_SOFTWARE;
    }
}
