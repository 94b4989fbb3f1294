#include "sources/audit_kernel.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <libaudit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>

#include "sources/audit_status_form.hpp"

namespace integrityd {

namespace {

using audit_status_form::Part;
using audit_status_form::PartHead;

// The kernel answers before send() returns; only a machine in trouble takes longer.
constexpr int patience_ms = 1000;
// Room for a burst while the loop is busy: at about 500 bytes a record and its overhead some 4,000 records. What does
// not fit is dropped by the kernel for us alone (ENOBUFS), never for auditd.
constexpr int receive_buffer = 8 << 20;

Error failed(std::string_view what, int code) {
    return Error{"audit: " + std::string(what) + ": " + std::strerror(code), code};
}

// Collects the parts of an answer in a memory file.
class StatusFile {
public:
    StatusFile() : fd_(memfd_create("integrityd-audit-status", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {}

    bool add(Part part, const void* data, std::uint32_t size) {
        const PartHead head{part, size};
        return write_all(&head, sizeof head) && write_all(data, size);
    }

    Result<UniqueFd> take() {
        constexpr int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
        if (!fd_ || fcntl(fd_.get(), F_ADD_SEALS, seals) < 0 || lseek(fd_.get(), 0, SEEK_SET) < 0)
            return failed("status", errno);
        return std::move(fd_);
    }

private:
    bool write_all(const void* data, std::size_t size) {
        return ::write(fd_.get(), data, size) == static_cast<ssize_t>(size);
    }

    UniqueFd fd_;
};

// Takes replies until `wanted` says that it was the last one.
template <typename Take>
Result<void> receive(const UniqueFd& fd, Take take) {
    // A reply a rule, and an acknowledgement each: more is no answer to what was asked.
    constexpr std::uint32_t most_replies = 2 * audit_status_form::most_rules + 16;
    for (std::uint32_t i = 0; i < most_replies; ++i) {
        pollfd waiting{fd.get(), POLLIN, 0};
        if (poll(&waiting, 1, patience_ms) <= 0) return failed("no answer", ETIMEDOUT);
        audit_reply reply{};
        const int got = audit_get_reply(fd.get(), &reply, GET_REPLY_NONBLOCKING, 0);
        if (got == -EAGAIN || got == 0) continue;
        if (got < 0) return failed("answer", -got);
        if (reply.type == NLMSG_ERROR && reply.error != nullptr && reply.error->error != 0)
            return failed("the kernel refuses", -reply.error->error);
        const Result<bool> last = take(reply);
        if (!last) return last.error();
        if (*last) return {};
    }
    return failed("too many answers", EMSGSIZE);
}

Result<void> add_status(const UniqueFd& fd, StatusFile& file) {
    if (const int sent = audit_request_status(fd.get()); sent < 0) return failed("AUDIT_GET", -sent);
    return receive(fd, [&file](const audit_reply& reply) -> Result<bool> {
        if (reply.type != AUDIT_GET) return false;
        const auto size = std::min<std::uint32_t>(sizeof *reply.status, static_cast<std::uint32_t>(reply.len));
        if (!file.add(Part::status, reply.status, size)) return failed("status", errno);
        return true;
    });
}

Result<void> add_rules(const UniqueFd& fd, StatusFile& file) {
    if (const int sent = audit_request_rules_list_data(fd.get()); sent < 0) return failed("AUDIT_LIST_RULES", -sent);
    return receive(fd, [&file](const audit_reply& reply) -> Result<bool> {
        if (reply.type == NLMSG_DONE) return true;
        if (reply.type != AUDIT_LIST_RULES) return false;
        const std::size_t size = sizeof *reply.ruledata + reply.ruledata->buflen;
        if (size > audit_status_form::longest_part || size > static_cast<std::size_t>(reply.len))
            return failed("a rule", EMSGSIZE);
        if (!file.add(Part::rule, reply.ruledata, static_cast<std::uint32_t>(size))) return failed("status", errno);
        return false;
    });
}

class LinuxAuditKernel final : public AuditKernel {
public:
    Result<UniqueFd> join_feed() override {
        UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT));
        if (!fd) return failed("netlink", errno);
        // FORCE needs CAP_NET_ADMIN and goes beyond the system's limit; what can be had without is taken.
        if (setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) < 0)
            (void)setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        sockaddr_nl address{};
        address.nl_family = AF_NETLINK;
        address.nl_groups = 1U << (AUDIT_NLGRP_READLOG - 1);
        if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
            return failed("the kernel's feed", errno);
        return fd;
    }

    Result<UniqueFd> status() override {
        const UniqueFd fd(audit_open());
        if (!fd) return failed("netlink", errno);
        StatusFile file;
        if (auto added = add_status(fd, file); !added) return added.error();
        if (auto added = add_rules(fd, file); !added) return added.error();
        return file.take();
    }
};

}  // namespace

std::unique_ptr<AuditKernel> make_audit_kernel() {
    return std::make_unique<LinuxAuditKernel>();
}

}  // namespace integrityd
