// A broker's server on one end of a socket pair, and a client without manners on the other.
#pragma once

#include <array>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include "broker/server.hpp"
#include "broker/strict_opener.hpp"
#include "core/broker_protocol.hpp"
#include "sources/aide_includes.hpp"
#include "support/fakes.hpp"
#include "support/temporary_directory.hpp"

namespace integrityd::test {

inline std::string write_file(const std::string& path, const std::string& text, unsigned mode = 0600) {
    std::ofstream(path, std::ios::trunc) << text;
    std::filesystem::permissions(path, std::filesystem::perms(mode));
    return path;
}

struct RawAnswer {
    bool ended = false;  // nothing came: the broker has closed
    broker_protocol::AnswerHead head;
    std::string text;
    std::vector<UniqueFd> descriptors;
};

RawAnswer receive_answer(const UniqueFd& client);

class BrokerRig {
public:
    BrokerRig() {
        settings.client = geteuid();
        settings.make_opener = [this] { return Result<std::unique_ptr<Opener>>(make_opener()); };
        settings.log = [this](const std::string& line) { lines.push_back(line); };
        settings.beside = [](const std::function<void()>& work) {
            work();
            return Result<void>();
        };
        config.aide.database = directory / "aide.db";
        config.aide.report_log = directory / "aide.log";
        config.aide.config = directory / "aide.conf";
        config.audit.log = directory / "audit.log";
        config.audit.config = directory / "auditd.conf";
    }
    ~BrokerRig() { end(); }

    [[nodiscard]] std::unique_ptr<Opener> make_opener() {
        return make_strict_opener(config, aide_config_includes, audit, geteuid());
    }

    // Begins to serve a new client.
    void connect() {
        end();
        std::array<int, 2> ends{};
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) throw std::runtime_error("pair");
        client_.reset(ends[0]);
        server_ = std::thread([this, fd = ends[1]] {
            const UniqueFd served(fd);
            serve_client(served, settings);
        });
    }
    // Closes, and waits until the server has noticed.
    void end() {
        client_.reset();
        if (server_.joinable()) server_.join();
    }
    // Waits for the server to end by itself.
    void wait() { server_.join(); }

    [[nodiscard]] bool send(const std::string& request) const {
        return ::send(client_.get(), request.data(), request.size(), MSG_NOSIGNAL) >= 0;
    }
    [[nodiscard]] bool send_with_descriptor(std::string request, int fd) const;
    [[nodiscard]] RawAnswer receive() const { return receive_answer(client_); }
    RawAnswer ask(const std::string& request) {
        if (!client_) connect();
        (void)send(request);
        return receive();
    }

    TemporaryDirectory directory;
    Config config;
    FakeAuditKernel audit;
    BrokerSettings settings;
    std::vector<std::string> lines;

private:
    UniqueFd client_;
    std::thread server_;
};

inline bool BrokerRig::send_with_descriptor(std::string request, int fd) const {
    iovec part{request.data(), request.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fd)> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    return sendmsg(client_.get(), &message, MSG_NOSIGNAL) >= 0;
}

// One message of the broker's.
inline RawAnswer receive_answer(const UniqueFd& client) {
    RawAnswer answer;
    answer.text.resize(broker_protocol::longest_text);
    std::array<iovec, 2> parts = {{{&answer.head, sizeof answer.head}, {answer.text.data(), answer.text.size()}}};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(broker_protocol::most_descriptors * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = recvmsg(client.get(), &message, MSG_CMSG_CLOEXEC);
    answer.ended = size <= 0;
    answer.text.resize(size > 0 ? static_cast<std::size_t>(size) - sizeof answer.head : 0);
    const cmsghdr* const rights = CMSG_FIRSTHDR(&message);
    for (std::size_t at = CMSG_LEN(0); rights != nullptr && at < rights->cmsg_len; at += sizeof(int)) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(rights) + (at - CMSG_LEN(0)), sizeof fd);
        answer.descriptors.emplace_back(fd);
    }
    return answer;
}

inline std::string content(const UniqueFd& fd) {
    std::string text(4096, '\0');
    const ssize_t size = pread(fd.get(), text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

}  // namespace integrityd::test
