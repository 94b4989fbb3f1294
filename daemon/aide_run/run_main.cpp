// integrityd-aide-run: runs AIDE for the connection that is its standard input (integrityd-aide@.service).
#include <array>
#include <cstdio>
#include <exception>
#include <getopt.h>
#include <signal.h>
#include <string>
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

// By the command line of the unit, which root alone writes.
struct Options {
    // Debian's. One configuration, one database: what the daemon watches and what AIDE's own unit checks.
    std::string config = "/etc/aide/aide.conf";
    std::string database = "/var/lib/aide/aide.db";
    bool new_database = false;
    bool wrong = false;
};

Options parse(int argc, char** argv) {
    constexpr std::array<option, 4> known = {{{"config", required_argument, nullptr, 'c'},
                                              {"database", required_argument, nullptr, 'd'},
                                              {"new-database", no_argument, nullptr, 'n'},
                                              {nullptr, 0, nullptr, 0}}};
    Options options;
    for (int found = 0; (found = getopt_long(argc, argv, "", known.data(), nullptr)) != -1;) {
        if (found == 'c') options.config = optarg;
        if (found == 'd') options.database = optarg;
        if (found == 'n') options.new_database = true;
        if (found == '?') options.wrong = true;
    }
    options.wrong |= optind < argc || !options.config.starts_with('/') || !options.database.starts_with('/');
    return options;
}

int serve(const Options& options) {
    auto service = integrityd::aide_service(options.config, options.database);
    service.new_database = options.new_database;
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
    const Options options = parse(argc, argv);
    if (options.wrong) {
        (void)std::fputs("usage: integrityd-aide-run [--config FILE] [--database FILE] [--new-database]\n", stderr);
        return EX_USAGE;
    }
    block_child_signal();
    try {
        return serve(options);
    } catch (const std::exception& failure) {
        (void)std::fprintf(stderr, "integrityd-aide-run: %s\n", failure.what());
        return EX_SOFTWARE;
    }
}
