// The kernel's audit status and rules: any bytes give a status or an error, and what is said to people is plain text.
#include <cstdint>
#include <cstdlib>

#include "core/escape.hpp"
#include "sources/audit_status.hpp"
#include "sources/audit_status_form.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto status = integrityd::parse_audit_status({reinterpret_cast<const char*>(data), size});
    if (!status) return 0;
    if (status->rules.size() > integrityd::audit_status_form::most_rules) std::abort();
    for (const auto& rule : status->rules) {
        if (rule.sha256.size() != 64 || rule.description.size() > 512) std::abort();
        if (!integrityd::is_utf8(rule.description) || rule.description.find('\n') != std::string::npos) std::abort();
    }
    return 0;
}
