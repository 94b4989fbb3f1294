#include "core/tpm_link.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include "core/broker_protocol.hpp"

namespace integrityd {

namespace {

using broker_protocol::AnswerHead;
using std::chrono::milliseconds;

Error tpm_error(int code) {
    if (code == ETIMEDOUT) return Error{"the TPM did not answer in time", code};
    if (code == ECONNRESET) return Error{"the way to the TPM ended before its answer", code};
    return Error{std::string("the TPM cannot be asked: ") + std::strerror(code), code};
}

Error nonsense() {
    return Error{"the TPM gave an answer that is none", EPROTO};
}

Result<void> wait_for(int fd, short events, TpmLink::Time deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd ready{fd, events, 0};
        const int count = ::poll(&ready, 1, left.count() > 0 ? static_cast<int>(left.count()) : 0);
        if (count > 0) return {};
        if (count == 0) return tpm_error(ETIMEDOUT);
        if (errno != EINTR) return tpm_error(errno);
    }
}

// What there is, at most `size` bytes; waits for the first.
Result<std::size_t> read_some(int fd, void* into, std::size_t size, TpmLink::Time deadline) {
    for (;;) {
        if (auto ready = wait_for(fd, POLLIN, deadline); !ready) return ready.error();
        const ssize_t got = ::read(fd, into, size);
        if (got > 0) return static_cast<std::size_t>(got);
        if (got == 0) return tpm_error(ECONNRESET);
        if (errno != EAGAIN && errno != EINTR) return tpm_error(errno);
    }
}

bool is_answer(const TpmBytes& answer) {
    return answer.size() >= tpm_header_size && tpm_number_at(answer, 2) == answer.size();
}

}  // namespace

std::uint32_t tpm_number_at(std::span<const std::uint8_t> message, std::size_t at) {
    return std::uint32_t{message[at]} << 24U | std::uint32_t{message[at + 1]} << 16U |
           std::uint32_t{message[at + 2]} << 8U | message[at + 3];
}

TpmLink::TpmLink(UniqueFd fd) : fd_(std::move(fd)), form_(Form::device) {
    int type = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(fd_.get(), SOL_SOCKET, SO_TYPE, &type, &size) == 0)
        form_ = type == SOCK_SEQPACKET ? Form::broker : Form::stream;
    // Waiting is done by poll(2) alone.
    (void)::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
}

Result<TpmBytes> TpmLink::exchange(std::span<const std::uint8_t> command, Time deadline) {
    if (auto sent = send(command, deadline); !sent) return sent.error();
    return receive(deadline);
}

Result<void> TpmLink::send(std::span<const std::uint8_t> command, Time deadline) const {
    while (!command.empty()) {
        if (auto ready = wait_for(fd_.get(), POLLOUT, deadline); !ready) return ready;
        const ssize_t sent = form_ == Form::device ? ::write(fd_.get(), command.data(), command.size())
                                                   : ::send(fd_.get(), command.data(), command.size(), MSG_NOSIGNAL);
        if (sent > 0) command = command.subspan(static_cast<std::size_t>(sent));
        if (sent < 0 && errno != EAGAIN && errno != EINTR) return tpm_error(errno == EPIPE ? ECONNRESET : errno);
    }
    return {};
}

Result<TpmBytes> TpmLink::receive(Time deadline) const {
    switch (form_) {
        case Form::stream:
            return receive_stream(deadline);
        case Form::broker:
            return receive_from_broker(deadline);
        case Form::device:
            break;
    }
    return receive_message(deadline);
}

Result<TpmBytes> TpmLink::receive_message(Time deadline) const {
    TpmBytes answer(longest_tpm_message);
    const auto got = read_some(fd_.get(), answer.data(), answer.size(), deadline);
    if (!got) return got.error();
    answer.resize(*got);
    if (!is_answer(answer)) return nonsense();
    return answer;
}

Result<TpmBytes> TpmLink::receive_stream(Time deadline) const {
    TpmBytes answer(tpm_header_size);
    for (std::size_t have = 0; have < answer.size();) {
        const auto got = read_some(fd_.get(), answer.data() + have, answer.size() - have, deadline);
        if (!got) return got.error();
        have += *got;
        if (have != tpm_header_size || answer.size() != tpm_header_size) continue;
        const std::uint32_t size = tpm_number_at(answer, 2);
        if (size < tpm_header_size || size > longest_tpm_message) return nonsense();
        answer.resize(size);
    }
    return answer;
}

Result<TpmBytes> TpmLink::receive_from_broker(Time deadline) const {
    std::array<std::uint8_t, sizeof(AnswerHead) + longest_tpm_message> message{};
    const auto got = read_some(fd_.get(), message.data(), message.size(), deadline);
    if (!got) return got.error();
    AnswerHead head;
    if (*got < sizeof head) return nonsense();
    std::memcpy(&head, message.data(), sizeof head);
    TpmBytes answer(message.begin() + sizeof head, message.begin() + static_cast<std::ptrdiff_t>(*got));
    if (head.status != 0) return Error{std::string(answer.begin(), answer.end()), static_cast<int>(head.status)};
    if (!is_answer(answer)) return nonsense();
    return answer;
}

}  // namespace integrityd
