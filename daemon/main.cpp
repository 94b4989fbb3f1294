// integrityd: options, configuration, and then the daemon.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <getopt.h>
#include <signal.h>
#include <string>
#include <sysexits.h>

#include "core/config.hpp"
#include "core/log.hpp"
#include "daemon.hpp"
#include "version.hpp"

namespace {

struct Options {
    integrityd::ConfigSource source;
    bool check_config = false;
    bool version = false;
    bool help = false;
    bool wrong = false;
};

constexpr const char* help_text =
    "Usage: integrityd [OPTION...]\n"
    "\n"
    "Watches the integrity of this device and tells of every violation.\n"
    "\n"
    "  --config FILE   read this file alone, no drop-ins\n"
    "  --check-config  say what is wrong in the configuration and exit (0, or 78)\n"
    "  --version       print the version and exit\n"
    "  --help          print this and exit\n"
    "\n"
    "See integrityd(8) and integrityd.toml(5).\n";

Options parse(int argc, char** argv) {
    constexpr std::array<option, 5> known = {{{"config", required_argument, nullptr, 'c'},
                                              {"check-config", no_argument, nullptr, 'k'},
                                              {"version", no_argument, nullptr, 'v'},
                                              {"help", no_argument, nullptr, 'h'},
                                              {nullptr, 0, nullptr, 0}}};
    Options options;
    for (int found = 0; (found = getopt_long(argc, argv, "h", known.data(), nullptr)) != -1;) {
        if (found == 'c') options.source.only_file = optarg;
        if (found == 'k') options.check_config = true;
        if (found == 'v') options.version = true;
        if (found == 'h') options.help = true;
        if (found == '?') options.wrong = true;
    }
    options.wrong |= optind < argc;
    return options;
}

// Signals are read by the loop; SIGPIPE is an error of write().
void block_signals() {
    sigset_t blocked;
    sigemptyset(&blocked);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD})
        sigaddset(&blocked, number);
    (void)sigprocmask(SIG_BLOCK, &blocked, nullptr);
    (void)signal(SIGPIPE, SIG_IGN);
}

int run(const Options& options) {
    auto loaded = integrityd::load_config(options.source);
    for (const auto& problem : loaded.problems)
        (void)std::fprintf(stderr, "%s\n", to_string(problem).c_str());
    if (!loaded.problems.empty()) return EX_CONFIG;
    if (options.check_config) return EX_OK;
    integrityd::setup_log(loaded.config.log_level);
    // What tpm2-tss finds wrong comes back as a value; its own lines would say it again. Before any thread runs.
    (void)setenv("TSS2_LOG", "all+NONE", 0);
    block_signals();
    return integrityd::Daemon(options.source, std::move(loaded.config)).run();
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    if (options.wrong) {
        (void)std::fputs("integrityd: wrong usage; see integrityd --help\n", stderr);
        return EX_USAGE;
    }
    if (options.help) return std::fputs(help_text, stdout) < 0 ? EX_IOERR : EX_OK;
    if (options.version) return std::printf("integrityd %s\n", integrityd::version) < 0 ? EX_IOERR : EX_OK;
    try {
        return run(options);
    } catch (const std::exception& failure) {
        (void)std::fprintf(stderr, "integrityd: cannot start: %s\n", failure.what());
        return EX_SOFTWARE;
    }
}
