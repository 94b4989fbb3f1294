#include "aide_run/server.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aide_run/move_database.hpp"
#include "aide_run/protocol.hpp"
#include "aide_run/report_free_config.hpp"
#include "core/child_process.hpp"
#include "core/memory_file.hpp"

namespace integrityd {

namespace {

// A report of 300,000 entries with details; it is held in memory until it is sent.
constexpr std::size_t output_limit = 256U << 20;
constexpr std::size_t error_limit = 16U << 10;

Error last_error(const char* what) {
    const int code = errno;
    return Error{std::string(what) + ": " + std::strerror(code), code};
}

Result<void> set_patience(int socket, Duration patience) {
    const timeval limit{.tv_sec = patience.count() / 1'000'000, .tv_usec = patience.count() % 1'000'000};
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})
        if (setsockopt(socket, SOL_SOCKET, option, &limit, sizeof(limit)) < 0) return last_error("setsockopt");
    return {};
}

Result<void> send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return last_error("the client does not read");
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

Result<void> send_frame(int socket, AideFrame type, std::string_view payload) {
    const auto header = aide_frame_header(type, payload.size());
    if (auto sent = send_all(socket, {header.data(), header.size()}); !sent) return sent;
    return send_all(socket, payload);
}

Result<void> send_refusal(int socket, std::string_view reason) {
    return send_frame(socket, AideFrame::refused, reason.substr(0, aide_reason_limit));
}

// Reads no more than the line: what a client sends beyond is found while AIDE runs.
Result<AideRequest> receive_request(int socket) {
    std::string line;
    while (line.size() < aide_request_limit) {
        char byte = 0;
        const ssize_t size = recv(socket, &byte, 1, 0);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return last_error("no request came");
        if (size == 0) return Error{"the client went without a request"};
        if (byte == '\n') break;
        line += byte;
    }
    const auto request = parse_aide_request(line);
    if (!request) return Error{"not a request of this protocol"};
    return *request;
}

Result<std::string> receive_payload(int socket, std::size_t size) {
    std::string payload(size, '\0');
    for (std::size_t got = 0; got < size;) {
        const ssize_t more = recv(socket, payload.data() + got, size - got, 0);
        if (more < 0 && errno == EINTR) continue;
        if (more <= 0) return Error{"the request was cut off"};
        got += static_cast<std::size_t>(more);
    }
    return payload;
}

Result<void> permit(int socket, AideVerb verb, const AideService& service) {
    ucred peer{};
    socklen_t size = sizeof(peer);
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return last_error("SO_PEERCRED");
    if (verb == AideVerb::check || verb == AideVerb::paths || service.new_database || peer.uid == 0) return {};
    return Error{"only root may make a new database here (integrityd-aide-run --new-database)", EPERM};
}

// What AIDE says of the file that it was given is said of the one it was made from.
void name_config(std::string& text, std::string_view given, const std::string& config) {
    for (std::size_t at = 0; (at = text.find(given, at)) != std::string::npos; at += config.size())
        text.replace(at, given.size(), config);
}

// The run, until it is over or the client has gone or said more than it may; then AIDE is killed with the child's
// handle.
Result<ChildResult> run_child(EventLoop& loop, int socket, const AideService& service,
                              const AideService::Command& command, int input) {
    std::optional<ChildResult> result;
    const ChildRequest request{command, service.deadline, output_limit, error_limit, input};
    const auto child = start_child(loop, request, [&](ChildResult ended) {
        result = std::move(ended);
        loop.exit(0);
    });
    if (!child) return Error{"AIDE cannot be started: " + child.error().message, child.error().code};
    const auto client = loop.add_io(socket, EPOLLIN, [&](std::uint32_t) { loop.exit(1); });
    (void)loop.run();
    if (!result) return Error{"the client has gone, or asked for more than one thing"};
    if (result->deadline_passed) return Error{"the run took too long and was ended"};
    if (result->output_cut) return Error{"AIDE wrote more than 256 MiB and was ended"};
    return std::move(*result);
}

Result<ChildResult> run_aide(EventLoop& loop, int socket, const AideService& service, AideService::Command command,
                             int input = -1) {
    if (service.config.empty()) return run_child(loop, socket, service, command, input);
    const auto config = report_free_config(service.config);
    if (!config) return config.error();
    const std::string given = "/proc/self/fd/" + std::to_string(config->get());
    command.insert(command.begin() + 1, "--config=" + given);
    auto result = run_child(loop, socket, service, command, input);
    if (result) name_config(result->errors, given, service.config);
    return result;
}

Result<void> send_output(int socket, int file) {
    std::array<char, aide_frame_limit> buffer{};
    for (;;) {
        const ssize_t size = read(file, buffer.data(), buffer.size());
        if (size < 0) return last_error("read");
        if (size == 0) return {};
        const std::string_view piece(buffer.data(), static_cast<std::size_t>(size));
        if (auto sent = send_frame(socket, AideFrame::output, piece); !sent) return sent;
    }
}

Result<void> send_ending(int socket, int kind, int number) {
    const std::array<char, 2> ending{static_cast<char>(kind), static_cast<char>(number)};
    return send_frame(socket, AideFrame::ended, {ending.data(), ending.size()});
}

Result<void> send_result(int socket, const ChildResult& result) {
    if (auto sent = send_output(socket, result.output.get()); !sent) return sent;
    if (auto sent = send_frame(socket, AideFrame::errors, result.errors); !sent) return sent;
    if (WIFEXITED(result.wait_status)) return send_ending(socket, 0, WEXITSTATUS(result.wait_status));
    return send_ending(socket, 1, WTERMSIG(result.wait_status));
}

const AideService::Command& command_of(const AideService& service, AideVerb verb) {
    if (verb == AideVerb::init) return service.init;
    if (verb == AideVerb::compare) return service.compare;
    return verb == AideVerb::verify ? service.verify : service.check;
}

// The expression becomes one argument, so AIDE cannot take a part of it for an option.
Result<ChildResult> run_paths(EventLoop& loop, int socket, const AideService& service, std::size_t payload_size) {
    const auto payload = receive_payload(socket, payload_size);
    if (!payload) return payload.error();
    const std::size_t end = payload->find('\0');
    if (end == std::string::npos || end == 0 || end > aide_expression_limit) return Error{"not paths and a database"};
    const auto database = make_memory_file("integrityd-aide-database", std::string_view(*payload).substr(end + 1));
    if (!database) return database.error();
    AideService::Command command = service.paths;
    command.push_back("--limit=" + payload->substr(0, end));
    return run_aide(loop, socket, service, command, database->get());
}

Result<void> answer(EventLoop& loop, int socket, const AideService& service, const AideRequest& request) {
    const AideVerb verb = request.verb;
    if (verb == AideVerb::paths) {
        const auto result = run_paths(loop, socket, service, request.payload_size);
        if (!result) return result.error();
        return send_result(socket, *result);
    }
    if (verb == AideVerb::move) {
        if (auto moved = move_database(service.database); !moved) return moved;
        return send_ending(socket, 0, 0);
    }
    const auto result = run_aide(loop, socket, service, command_of(service, verb));
    if (!result) return result.error();
    return send_result(socket, *result);
}

}  // namespace

AideService aide_service(const std::string& config, const std::string& database) {
    // Of an option that stands twice AIDE takes the first; format and level count for the reports that follow. The
    // level lists what was added and removed with its attributes: what is accepted is its content, not only its name.
    const auto command = [](std::vector<std::string> options) {
        options.insert(options.begin(),
                       {"/usr/bin/aide", "--before=report_format=json", "--before=report_level=added_removed_entries"});
        options.emplace_back("--after=report_url=stdout");
        return options;
    };
    AideService service;
    service.config = config;
    service.check = command({"--check", "--before=database_in=file:" + database});
    service.init = command({"--init", "--before=database_out=file:" + database + ".new"});
    service.compare = command(
        {"--compare", "--before=database_in=file:" + database, "--before=database_new=file:" + database + ".new"});
    service.paths = command({"--check", "--before=database_in=fd:0"});
    service.verify = command({"--check", "--before=database_in=file:" + database + ".new"});
    service.database = database;
    return service;
}

Result<void> serve_aide(EventLoop& loop, int socket, const AideService& service) {
    if (auto patience = set_patience(socket, service.patience); !patience) return patience;
    auto served = [&]() -> Result<void> {
        const auto request = receive_request(socket);
        if (!request) return request.error();
        if (auto permitted = permit(socket, request->verb, service); !permitted) return permitted;
        return answer(loop, socket, service, *request);
    }();
    if (!served) (void)send_refusal(socket, served.error().message);
    return served;
}

}  // namespace integrityd
