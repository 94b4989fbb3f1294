// integrityd-aide-check: a run of AIDE by integrityd-aide@.service, as if AIDE were run here (`check_command`).
#include <array>
#include <cerrno>
#include <cstdio>
#include <string>
#include <sysexits.h>
#include <unistd.h>

#include "aide_run/client.hpp"
#include "core/escape.hpp"

namespace {

// No status of AIDE's own reaches these (aide(1), "EXIT STATUS"; 128: what a shell adds to a signal).
constexpr int signal_base = 128;

int fail(int status, const std::string& reason) {
    (void)std::fprintf(stderr, "integrityd-aide-check: %s\n", integrityd::escape(reason).c_str());
    return status;
}

// What `paths` goes on about (aide_run/protocol.hpp).
std::string read_input() {
    std::string input;
    std::array<char, 16384> buffer{};
    for (;;) {
        const ssize_t size = read(STDIN_FILENO, buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0 || input.size() > integrityd::aide_payload_limit) return input;
        input.append(buffer.data(), static_cast<std::size_t>(size));
    }
}

int ask(integrityd::AideVerb verb, const char* path) {
    const std::string payload = verb == integrityd::AideVerb::paths ? read_input() : std::string();
    const auto socket = integrityd::connect_aide(path);
    if (!socket) return fail(EX_UNAVAILABLE, socket.error().message);
    const auto ending = integrityd::ask_aide(socket->get(), verb, STDOUT_FILENO, STDERR_FILENO, payload);
    if (!ending) return fail(EX_PROTOCOL, ending.error().message);
    if (ending->exit_status) return *ending->exit_status;
    if (ending->signal)
        return fail(signal_base + *ending->signal, "AIDE was ended by signal " + std::to_string(*ending->signal));
    return fail(EX_UNAVAILABLE, ending->refused);
}

}  // namespace

int main(int argc, char** argv) {
    const auto verb = integrityd::aide_verb(argc > 1 ? argv[1] : "check");
    if (argc > 3 || !verb) {
        (void)std::fputs("usage: integrityd-aide-check [check | init | compare | verify | move | paths [SOCKET]]\n",
                         stderr);
        return EX_USAGE;
    }
    return ask(*verb, argc == 3 ? argv[2] : integrityd::aide_socket_path);
}
