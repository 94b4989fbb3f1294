#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "core/broker_protocol.hpp"
#include "core/opener.hpp"

namespace integrityd {

namespace {

using broker_protocol::AnswerHead;

// The loop waits for this. Starting the broker takes some 10 ms and opening nothing that can hang, so that 2 s are
// those of a device in trouble; the service manager's watchdog bites after 30 s.
constexpr timeval patience{2, 0};
constexpr std::size_t file_limit = 512;

// Never ENOENT: who asks would take it for a file that is not there.
Error broker_error(std::string_view what, int code) {
    return Error{"integrityd-broker: " + std::string(what) + ": " + std::strerror(code),
                 code == ENOENT ? ECONNREFUSED : code};
}

Error nonsense() {
    return Error{"integrityd-broker: an answer that is none", EPROTO};
}

struct Answer {
    AnswerHead head;
    std::string text;
    std::vector<UniqueFd> descriptors;
};

Result<void> connect_to(const UniqueFd& fd, const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return broker_error(path, ENAMETOOLONG);
    std::copy(path.begin(), path.end(), address.sun_path);
    (void)setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
        return broker_error(path, errno);
    // Who listens is the service manager, or whoever runs this daemon by hand.
    ucred peer{};
    socklen_t size = sizeof peer;
    if (getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return broker_error(path, errno);
    if (peer.uid != 0 && peer.uid != geteuid()) return broker_error("belongs to another user", EPERM);
    return {};
}

std::vector<UniqueFd> take_descriptors(msghdr& message) {
    std::vector<UniqueFd> taken;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
            taken.emplace_back(fd);
        }
    }
    return taken;
}

Result<Answer> receive(const UniqueFd& fd) {
    Answer answer;
    answer.text.resize(broker_protocol::longest_text);
    std::array<iovec, 2> parts = {{{&answer.head, sizeof answer.head}, {answer.text.data(), answer.text.size()}}};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(broker_protocol::most_descriptors * sizeof(int))> control;
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = recvmsg(fd.get(), &message, MSG_CMSG_CLOEXEC);
    if (size < 0) return broker_error("no answer", errno == EAGAIN ? ETIMEDOUT : errno);
    answer.descriptors = take_descriptors(message);
    if ((message.msg_flags & MSG_CTRUNC) != 0) return broker_error("cannot take the descriptors", EMFILE);
    if (static_cast<std::size_t>(size) < sizeof answer.head || (message.msg_flags & MSG_TRUNC) != 0) return nonsense();
    answer.text.resize(static_cast<std::size_t>(size) - sizeof answer.head);
    if (answer.head.status != 0) return Error{answer.text, static_cast<int>(answer.head.status)};
    return answer;
}

// A connection with its request sent.
Result<UniqueFd> ask(const std::string& path, const std::string& request) {
    UniqueFd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!fd) return broker_error("socket", errno);
    if (auto connected = connect_to(fd, path); !connected) return connected.error();
    if (send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return broker_error("request", errno);
    return fd;
}

struct Conversation {
    UniqueFd connection;
    Answer first;
};

// A broker that ends, because nobody asked for a minute or because it is restarted, drops whom it did not accept yet;
// the service manager has the next one started. One that drops us again has a reason.
Result<Conversation> ask_and_receive(const std::string& path, const std::string& request) {
    for (bool again = true;; again = false) {
        auto connection = ask(path, request);
        if (!connection) return connection.error();
        auto answer = receive(*connection);
        if (answer) return Conversation{std::move(*connection), std::move(*answer)};
        if (!again || answer.error().code != ECONNRESET) return answer.error();
    }
}

// Each path of the text belongs to the descriptor in the same place.
bool add_files(Answer answer, std::vector<OpenedFile>& files) {
    std::string_view text = answer.text;
    for (UniqueFd& fd : answer.descriptors) {
        const std::size_t end = text.find('\0');
        if (end == std::string_view::npos || end == 0) return false;
        files.push_back({std::string(text.substr(0, end)), std::move(fd)});
        text.remove_prefix(end + 1);
    }
    return text.empty();
}

class BrokerOpener final : public Opener {
public:
    explicit BrokerOpener(std::string socket_path) : path_(std::move(socket_path)) {}

    Result<UniqueFd> open(Resource resource) override { return one(request("open", resource)); }

    Result<UniqueFd> open_older(Resource resource, unsigned number) override {
        return one(request("open", resource) + " " + std::to_string(number));
    }

    Result<UniqueFd> watch_directory(Resource resource) override { return one(request("watch", resource)); }

    Result<UniqueFd> join_audit_feed() override { return one("feed audit"); }

    Result<UniqueFd> audit_status() override { return one("status audit"); }

    Result<LuksArea> luks_header(std::string_view volume) override {
        auto asked = ask_and_receive(path_, "header luks." + std::string(volume));
        if (!asked) return asked.error();
        if (asked->first.descriptors.size() != 1) return nonsense();
        const std::string& text = asked->first.text;
        return LuksArea{text.substr(0, text.find('\0')), std::move(asked->first.descriptors.front())};
    }

    Result<UniqueFd> dm_table(std::string_view volume) override { return one("table luks." + std::string(volume)); }

    Result<UniqueFd> root_table() override { return one("table boot.root"); }

    // The conversation goes on with commands.
    Result<UniqueFd> tpm_commands() override {
        auto asked = ask_and_receive(path_, "command tpm");
        if (!asked) return asked.error();
        if (!asked->first.descriptors.empty()) return nonsense();
        return std::move(asked->connection);
    }

    Result<std::vector<OpenedFile>> open_all(Resource resource) override {
        auto asked = ask_and_receive(path_, request("open-all", resource));
        if (!asked) return asked.error();
        std::vector<OpenedFile> files;
        Result<Answer> answer = std::move(asked->first);
        for (;;) {
            if (!answer) return answer.error();
            const bool more = answer->head.more != 0;
            // An answer without any would never end.
            if (answer->descriptors.empty() || files.size() + answer->descriptors.size() > file_limit)
                return nonsense();
            if (!add_files(std::move(*answer), files)) return nonsense();
            if (!more) return files;
            answer = receive(asked->connection);
        }
    }

private:
    static std::string request(std::string_view verb, Resource resource) {
        return std::string(verb) + " " + std::string(to_string(resource));
    }

    Result<UniqueFd> one(const std::string& request) {
        auto asked = ask_and_receive(path_, request);
        if (!asked) return asked.error();
        if (asked->first.descriptors.size() != 1) return nonsense();
        return std::move(asked->first.descriptors.front());
    }

    const std::string path_;
};

}  // namespace

std::unique_ptr<Opener> make_broker_opener(std::string socket_path) {
    return std::make_unique<BrokerOpener>(std::move(socket_path));
}

}  // namespace integrityd
