#include "broker/server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <sys/socket.h>
#include <sys/time.h>

#include "broker/request.hpp"
#include "core/broker_protocol.hpp"

namespace integrityd {

namespace {

using broker_protocol::AnswerHead;

// The daemon asks once a connection. More than this is none of its work.
constexpr int most_requests = 64;

bool set_patience(const UniqueFd& client, std::chrono::milliseconds patience) {
    const timeval time{patience.count() / 1000, (patience.count() % 1000) * 1000};
    return setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) == 0 &&
           setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) == 0;
}

// One message; false when it could not be handed over.
bool send_answer(const UniqueFd& client, AnswerHead head, std::string text, std::span<const OpenedFile> files) {
    std::array<iovec, 2> parts = {{{&head, sizeof head}, {text.data(), text.size()}}};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(broker_protocol::most_descriptors * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    if (!files.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(files.size() * sizeof(int));
        cmsghdr* const rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(files.size() * sizeof(int));
        for (std::size_t i = 0; i < files.size(); ++i) {
            const int fd = files[i].fd.get();
            std::memcpy(CMSG_DATA(rights) + i * sizeof fd, &fd, sizeof fd);
        }
    }
    return sendmsg(client.get(), &message, MSG_NOSIGNAL) >= 0;
}

bool send_error(const UniqueFd& client, const Error& error) {
    const auto status = static_cast<std::uint32_t>(error.code > 0 ? error.code : EIO);
    return send_answer(client, {status, 0}, error.message.substr(0, broker_protocol::longest_text), {});
}

// As many answers as the descriptors and their paths need.
bool send_files(const UniqueFd& client, std::span<const OpenedFile> files) {
    while (!files.empty()) {
        std::string text;
        std::size_t count = 0;
        for (const auto& file : files.first(std::min(files.size(), broker_protocol::most_descriptors))) {
            if (text.size() + file.path.size() + 1 > broker_protocol::longest_text) break;
            if (!file.path.empty()) text += file.path + '\0';
            ++count;
        }
        const auto more = static_cast<std::uint32_t>(files.size() - count);
        if (count == 0 || !send_answer(client, {0, more}, std::move(text), files.first(count))) return false;
        files = files.subspan(count);
    }
    return true;
}

Result<UniqueFd> open_one(const BrokerRequest& request, Opener& opener) {
    switch (request.verb) {
        case BrokerVerb::open_older:
            return opener.open_older(request.resource, request.number);
        case BrokerVerb::watch:
            return opener.watch_directory(request.resource);
        case BrokerVerb::feed:
            return opener.join_audit_feed();
        case BrokerVerb::status:
            return opener.audit_status();
        case BrokerVerb::table:
            return opener.dm_table(request.volume);
        case BrokerVerb::root_table:
            return opener.root_table();
        case BrokerVerb::header:
        case BrokerVerb::open:
        case BrokerVerb::open_all:
        case BrokerVerb::command:
            break;
    }
    return opener.open(request.resource);
}

Result<std::vector<OpenedFile>> open_for(const BrokerRequest& request, Opener& opener) {
    if (request.verb == BrokerVerb::open_all) return opener.open_all(request.resource);
    std::vector<OpenedFile> files;
    if (request.verb == BrokerVerb::header) {
        auto area = opener.luks_header(request.volume);
        if (!area) return area.error();
        files.push_back({std::move(area->device), std::move(area->header)});
        return files;
    }
    auto fd = open_one(request, opener);
    if (!fd) return fd.error();
    files.push_back({std::string(), std::move(*fd)});
    return files;
}

class Client {
public:
    Client(const UniqueFd& fd, const BrokerSettings& settings) : fd_(fd), settings_(settings) {}

    void serve() {
        if (!set_patience(fd_, settings_.patience) || !may_ask()) return;
        for (int asked = 0; asked < most_requests; ++asked) {
            const auto message = receive();
            if (!message) return;
            const auto request = parse_request(*message);
            if (!request) return refuse(request.error());
            if (request->verb == BrokerVerb::command) return serve_tpm();
            if (!answer(*request)) return;
        }
        tell("asked more often than the daemon does");
    }

private:
    bool may_ask() {
        ucred peer{};
        socklen_t size = sizeof peer;
        if (getsockopt(fd_.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return false;
        if (peer.uid == settings_.client) return true;
        refuse(Error{"only the daemon may ask, not user " + std::to_string(peer.uid), EACCES});
        return false;
    }

    // None: it is gone, or silent for too long. A request that is too long keeps one byte too many.
    std::optional<std::string> receive() {
        std::string text(broker_protocol::longest_request + 1, '\0');
        const ssize_t size = recv(fd_.get(), text.data(), text.size(), 0);
        if (size <= 0) return std::nullopt;
        text.resize(static_cast<std::size_t>(size));
        return text;
    }

    bool has_opener() {
        if (opener_) return true;
        auto made = settings_.make_opener();
        if (!made) {
            refuse(made.error());
            return false;
        }
        opener_ = std::move(*made);
        return true;
    }

    // What remains of this client is served beside the others.
    void serve_tpm() {
        if (!has_opener()) return;
        const auto begun = settings_.beside([this] {
            auto tpm = opener_->tpm_commands();
            if (!tpm) return (void)send_error(fd_, tpm.error());
            if (!send_answer(fd_, {0, 0}, {}, {})) return;
            const auto over = forward_tpm_commands(fd_, std::move(*tpm), settings_.tpm);
            if (!over) tell("TPM: " + over.error().message);
        });
        if (!begun) (void)send_error(fd_, begun.error());
    }

    bool answer(const BrokerRequest& request) {
        if (!has_opener()) return false;
        auto files = open_for(request, *opener_);
        if (!files) return send_error(fd_, files.error());
        return send_files(fd_, *files);
    }

    void refuse(const Error& error) {
        tell("refused: " + error.message);
        (void)send_error(fd_, error);
    }

    void tell(const std::string& line) { settings_.log(line); }

    const UniqueFd& fd_;
    const BrokerSettings& settings_;
    std::unique_ptr<Opener> opener_;
};

}  // namespace

void serve_client(const UniqueFd& client, const BrokerSettings& settings) {
    Client(client, settings).serve();
}

}  // namespace integrityd
