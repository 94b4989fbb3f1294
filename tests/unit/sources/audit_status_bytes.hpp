// The memory file of the kernel's audit status, as a test likes it.
#pragma once

#include <cstring>
#include <initializer_list>
#include <libaudit.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "core/unique_fd.hpp"
#include "sources/audit_status_form.hpp"

namespace integrityd::test {

inline std::string status_part(audit_status_form::Part part, const std::string& content) {
    const audit_status_form::PartHead head{part, static_cast<std::uint32_t>(content.size())};
    std::string bytes(sizeof head, '\0');
    std::memcpy(bytes.data(), &head, sizeof head);
    return bytes + content;
}

struct KernelNumbers {
    std::uint32_t enabled = 1;
    std::uint32_t pid = 1234;
    std::uint32_t lost = 0;
    std::uint32_t backlog = 0;
};

inline std::string status_content(const KernelNumbers& numbers) {
    audit_status status{};
    status.enabled = numbers.enabled;
    status.failure = 1;
    status.pid = numbers.pid;
    status.backlog_limit = 8192;
    status.lost = numbers.lost;
    status.backlog = numbers.backlog;
    status.backlog_wait_time = 15000;
    std::string content(sizeof status, '\0');
    std::memcpy(content.data(), &status, sizeof status);
    return content;
}

// A rule of the exit list in the kernel's form, made by libaudit of fields ("dir=/etc") and syscalls.
inline std::string rule_content(const std::vector<std::string>& fields, const std::vector<std::string>& syscalls = {}) {
    auto* rule = static_cast<audit_rule_data*>(std::calloc(1, sizeof(audit_rule_data)));
    rule->flags = AUDIT_FILTER_EXIT;
    rule->action = AUDIT_ALWAYS;
    bool good = true;
    for (std::string field : fields) {
        const bool architecture = field.starts_with("arch=");
        // libaudit cuts the field into its parts where it stands.
        good = good && audit_rule_fieldpair_data(&rule, field.data(), AUDIT_FILTER_EXIT) == 0;
        for (const auto& name : architecture ? syscalls : std::vector<std::string>())
            good = good && audit_rule_syscallbyname_data(rule, name.c_str()) == 0;
    }
    std::string content(sizeof *rule + rule->buflen, '\0');
    std::memcpy(content.data(), rule, content.size());
    std::free(rule);
    if (!good) throw std::runtime_error("libaudit does not make this rule");
    return content;
}

inline std::string status_bytes(const KernelNumbers& numbers, const std::vector<std::string>& rules) {
    std::string bytes = status_part(audit_status_form::Part::status, status_content(numbers));
    for (const auto& rule : rules)
        bytes += status_part(audit_status_form::Part::rule, rule);
    return bytes;
}

inline UniqueFd memory_file(const std::string& bytes) {
    UniqueFd fd(memfd_create("status", MFD_CLOEXEC));
    if (::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
        throw std::runtime_error("memfd");
    return fd;
}

}  // namespace integrityd::test
