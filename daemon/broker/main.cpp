// integrityd-broker: opens for the daemon what the configuration names. Started by its socket, ends when idle.
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <getopt.h>
#include <optional>
#include <poll.h>
#include <pwd.h>
#include <string_view>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "broker/beside.hpp"
#include "broker/server.hpp"
#include "broker/strict_open.hpp"
#include "broker/strict_opener.hpp"
#include "core/printable.hpp"
#include "sources/aide_includes.hpp"
#include "sources/audit_kernel.hpp"
#include "version.hpp"

namespace {

using namespace integrityd;

// The first of sd_listen_fds(3); libsystemd and what it brings are not linked for these two variables.
constexpr int listener_fd = 3;
// Long enough for the looks that follow a change; a started process costs a device little, a privileged one that waits
// for days is one more thing to attack.
constexpr int default_idle_s = 60;
constexpr int most_idle_s = 3600;
constexpr std::size_t longest_line = 1024;

struct Options {
    ConfigSource source;
    std::string client = "integrityd";
    int idle_s = default_idle_s;
    bool version = false;
    bool help = false;
    bool wrong = false;
};

constexpr const char* help_text =
    "Usage: integrityd-broker [OPTION...]\n"
    "\n"
    "Opens for integrityd what the configuration names. Started by its socket unit.\n"
    "\n"
    "  --config FILE  read this file alone, no drop-ins\n"
    "  --client USER  whom to answer, by name or number (integrityd)\n"
    "  --idle SECONDS end when nobody has come for so long, 0 to 3600 (60)\n"
    "  --version      print the version and exit\n"
    "  --help         print this and exit\n"
    "\n"
    "See integrityd(8).\n";

bool parse_idle(std::string_view text, int& seconds) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    return error == std::errc() && end == text.data() + text.size() && seconds >= 0 && seconds <= most_idle_s;
}

Options parse(int argc, char** argv) {
    constexpr std::array<option, 6> known = {{{"config", required_argument, nullptr, 'c'},
                                              {"client", required_argument, nullptr, 'u'},
                                              {"idle", required_argument, nullptr, 'i'},
                                              {"version", no_argument, nullptr, 'v'},
                                              {"help", no_argument, nullptr, 'h'},
                                              {nullptr, 0, nullptr, 0}}};
    Options options;
    for (int found = 0; (found = getopt_long(argc, argv, "h", known.data(), nullptr)) != -1;) {
        if (found == 'c') options.source.only_file = optarg;
        if (found == 'u') options.client = optarg;
        if (found == 'i') options.wrong |= !parse_idle(optarg, options.idle_s);
        if (found == 'v') options.version = true;
        if (found == 'h') options.help = true;
        if (found == '?') options.wrong = true;
    }
    options.wrong |= optind < argc;
    return options;
}

// To standard error; the journal takes the level from the front (sd-daemon(3)).
void say(const std::string& line) {
    const char* const level = std::getenv("JOURNAL_STREAM") != nullptr ? "<4>" : "";
    (void)std::fprintf(stderr, "%sintegrityd-broker: %s\n", level, printable_cut(line, longest_line).c_str());
}

int fail(const std::string& line, int status) {
    say(line);
    return status;
}

std::optional<uid_t> find_user(const std::string& name) {
    uid_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) return number;
    const passwd* const entry = getpwnam(name.c_str());
    return entry != nullptr ? std::optional(entry->pw_uid) : std::nullopt;
}

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

int socket_option(int name) {
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(listener_fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

// The listening socket that the service manager passes; nothing else is served.
bool has_listener() {
    return variable("LISTEN_PID") == std::to_string(getpid()) && variable("LISTEN_FDS") == "1" &&
           socket_option(SO_DOMAIN) == AF_UNIX && socket_option(SO_TYPE) == SOCK_SEQPACKET &&
           socket_option(SO_ACCEPTCONN) == 1 && fcntl(listener_fd, F_SETFD, FD_CLOEXEC) == 0;
}

int serve(const BrokerSettings& settings, int idle_s) {
    for (;;) {
        pollfd waiting{listener_fd, POLLIN, 0};
        const int ready = poll(&waiting, 1, idle_s * 1000);
        if (ready == 0) return EX_OK;
        if (ready < 0 && errno != EINTR) return EX_OSERR;
        if (ready < 0) continue;
        const UniqueFd client(accept4(listener_fd, nullptr, nullptr, SOCK_CLOEXEC));
        if (client) {
            serve_client(client, settings);
        } else if (errno != EINTR && errno != ECONNABORTED && errno != EAGAIN) {
            return fail(std::string("accept: ") + std::strerror(errno), EX_OSERR);
        }
    }
}

Error unprotected_links() {
    return {"fs.protected_hardlinks is off: whoever may write a directory could put any file under a name of ours", EPERM};
}

int run(const Options& options) {
    const auto client = find_user(options.client);
    if (!client) return fail("there is no user " + options.client, EX_NOUSER);
    if (!has_listener()) return fail("is started by its socket unit, with one listening socket", EX_USAGE);
    const std::unique_ptr<AuditKernel> kernel = make_audit_kernel();
    Beside beside;
    const BrokerSettings settings{.client = *client,
                                  .make_opener = [&options, &kernel]() -> Result<std::unique_ptr<Opener>> {
                                      if (!links_are_protected()) return unprotected_links();
                                      auto config = load_owned_config(options.source, 0);
                                      if (!config) return config.error();
                                      return make_strict_opener(std::move(*config), aide_config_includes, *kernel, 0);
                                  },
                                  .log = say,
                                  .beside =
                                      [&beside](const std::function<void()>& work) {
                                          return beside.run([&work] {
                                              (void)close(listener_fd);
                                              work();
                                          });
                                      }};
    return serve(settings, options.idle_s);
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    if (options.wrong) {
        (void)std::fputs("integrityd-broker: wrong usage; see integrityd-broker --help\n", stderr);
        return EX_USAGE;
    }
    if (options.help) return std::fputs(help_text, stdout) < 0 ? EX_IOERR : EX_OK;
    if (options.version) return std::printf("integrityd-broker %s\n", version) < 0 ? EX_IOERR : EX_OK;
    try {
        return run(options);
    } catch (const std::exception& failure) {
        say(std::string("ends: ") + failure.what());
        return EX_SOFTWARE;
    }
}
