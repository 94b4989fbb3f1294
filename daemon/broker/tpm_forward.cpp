#include "broker/tpm_forward.hpp"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <sys/time.h>

#include "broker/tpm_filter.hpp"
#include "core/broker_protocol.hpp"

namespace integrityd {

namespace {

using broker_protocol::AnswerHead;

// A look takes some 20 and a ReadPublic for each persistent object, of which a TPM holds some 7 to 64.
constexpr int most_commands = 512;

bool send_answer(const UniqueFd& client, AnswerHead head, const void* data, std::size_t size) {
    // sendmsg(2) does not write to what it sends.
    std::array<iovec, 2> parts = {{{&head, sizeof head}, {const_cast<void*>(data), size}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    return sendmsg(client.get(), &message, MSG_NOSIGNAL) >= 0;
}

Result<void> refuse(const UniqueFd& client, const Error& error) {
    const auto status = static_cast<std::uint32_t>(error.code > 0 ? error.code : EIO);
    (void)send_answer(client, {status, 0}, error.message.data(), error.message.size());
    return error;
}

// Empty: the client is gone, or silent for too long. What is too long keeps one byte too many.
TpmBytes receive(const UniqueFd& client) {
    TpmBytes command(longest_tpm_message + 1);
    const ssize_t size = recv(client.get(), command.data(), command.size(), 0);
    command.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return command;
}

}  // namespace

Result<void> forward_tpm_commands(const UniqueFd& client, UniqueFd tpm, const TpmForwardSettings& settings) {
    const timeval patience{settings.patience.count() / 1000, (settings.patience.count() % 1000) * 1000};
    if (setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0) return {};
    const auto deadline = std::chrono::steady_clock::now() + settings.deadline;
    TpmLink link(std::move(tpm));
    for (int sent = 0; sent < most_commands; ++sent) {
        const TpmBytes command = receive(client);
        if (command.empty()) return {};
        if (const auto may = check_tpm_command(command); !may) return refuse(client, may.error());
        const auto answer = link.exchange(command, deadline);
        if (!answer) return refuse(client, answer.error());
        if (!send_answer(client, {0, 0}, answer->data(), answer->size())) return {};
    }
    return refuse(client, Error{"more TPM commands than a look needs", EMFILE});
}

}  // namespace integrityd
