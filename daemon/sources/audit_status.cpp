#include "sources/audit_status.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <linux/audit.h>
#include <unistd.h>

#include "core/digest.hpp"
#include "sources/audit_rule_text.hpp"
#include "sources/audit_status_form.hpp"

namespace integrityd {

namespace {

using audit_status_form::Part;
using audit_status_form::PartHead;

// All rules of the longest kind would be 64 MiB. A rule is some 1,100 bytes: this is room for 4,096 of twice the size.
constexpr std::size_t longest_file = 8U << 20;
// What every kernel since 2.6 tells: up to and with `backlog`.
constexpr std::size_t shortest_status = offsetof(audit_status, backlog) + sizeof(std::uint32_t);

Error damaged(const char* what) {
    return Error{std::string("the kernel's audit status cannot be understood: ") + what, EBADMSG};
}

// Takes the next part off the front.
struct NextPart {
    Part part = Part::status;
    std::string_view content;
};
std::optional<NextPart> take_part(std::string_view& bytes) {
    PartHead head{};
    if (bytes.size() < sizeof head) return std::nullopt;
    std::memcpy(&head, bytes.data(), sizeof head);
    bytes.remove_prefix(sizeof head);
    if (head.size > bytes.size() || head.size > audit_status_form::longest_part) return std::nullopt;
    const NextPart next{head.part, bytes.substr(0, head.size)};
    bytes.remove_prefix(head.size);
    return next;
}

std::optional<AuditKernelStatus> read_status(std::string_view content) {
    if (content.size() < shortest_status) return std::nullopt;
    audit_status raw{};
    std::memcpy(&raw, content.data(), std::min(content.size(), sizeof raw));
    AuditKernelStatus status;
    status.enabled = raw.enabled;
    status.failure = raw.failure;
    status.pid = raw.pid;
    status.rate_limit = raw.rate_limit;
    status.backlog_limit = raw.backlog_limit;
    status.lost = raw.lost;
    status.backlog = raw.backlog;
    status.backlog_wait_time = raw.backlog_wait_time;
    status.backlog_wait_time_actual = raw.backlog_wait_time_actual;
    return status;
}

std::string digest_of(const std::vector<AuditLoadedRule>& rules) {
    Sha256 all;
    for (const auto& rule : rules)
        all.update(rule.sha256);
    return to_hex(all.finish());
}

}  // namespace

Result<AuditStatus> parse_audit_status(std::string_view bytes) {
    const auto first = take_part(bytes);
    const auto kernel = first && first->part == Part::status ? read_status(first->content) : std::nullopt;
    if (!kernel) return damaged("no status");
    AuditStatus status;
    status.kernel = *kernel;
    while (!bytes.empty()) {
        const auto next = take_part(bytes);
        if (!next) return damaged("it is cut off");
        if (next->part != Part::rule) return damaged("a part of another kind");
        if (status.rules.size() == audit_status_form::most_rules) return damaged("more than 4096 rules");
        auto description = describe_audit_rule(next->content);
        if (!description) return damaged("a rule that contradicts itself");
        status.rules.push_back({sha256_hex(next->content), std::move(*description)});
    }
    status.rules_sha256 = digest_of(status.rules);
    return status;
}

Result<AuditStatus> read_audit_status(int fd) {
    std::string bytes;
    std::array<char, 65536> block{};
    for (;;) {
        const ssize_t size = pread(fd, block.data(), block.size(), static_cast<off_t>(bytes.size()));
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return Error{std::string("the kernel's audit status: ") + std::strerror(errno), errno};
        if (size == 0) return parse_audit_status(bytes);
        if (bytes.size() + static_cast<std::size_t>(size) > longest_file) return damaged("it is too long");
        bytes.append(block.data(), static_cast<std::size_t>(size));
    }
}

}  // namespace integrityd
