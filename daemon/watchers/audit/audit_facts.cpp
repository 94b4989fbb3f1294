#include "watchers/audit/audit_facts.hpp"

#include "core/digest.hpp"
#include "core/escape.hpp"
#include "core/read_file.hpp"
#include "sources/auditd_conf.hpp"

namespace integrityd {

namespace {

// auditd reads lines of some hundred bytes, rule files of hundreds of lines: this is no configuration of audit any
// more.
constexpr std::size_t longest_file = 4U << 20;
constexpr std::size_t longest_problem = 512;

Result<AuditConfigFacts> read_config(const std::vector<OpenedFile>& files, const std::string& config_path) {
    AuditConfigFacts facts;
    Sha256 all;
    for (const auto& file : files) {
        const auto text = read_whole(file.fd, longest_file);
        if (!text) return Error{file.path + ": " + text.error().message, text.error().code};
        if (file.path == config_path) facts.log_group = auditd_log_group(*text, lookup_group);
        std::string digest = sha256_hex(*text);
        // Escaped names hold no line feed: no two sets of files give the same text.
        const std::string name = escape(file.path);
        all.update(name + " " + digest + "\n");
        facts.files.push_back({name, std::move(digest)});
    }
    facts.sha256 = to_hex(all.finish());
    return facts;
}

}  // namespace

std::vector<AuditNamed> AuditFacts::rules() const {
    std::vector<AuditNamed> named;
    if (!status) return named;
    for (const auto& rule : status->rules)
        named.push_back({rule.description, rule.sha256});
    return named;
}

std::string AuditFacts::digest() const {
    if (!status && !config) return "";
    return sha256_hex((status ? status->rules_sha256 : "-") + " " + (config ? config->sha256 : "-"));
}

OpenedAuditFacts open_audit_facts(Opener& opener) {
    OpenedAuditFacts opened;
    auto status = opener.audit_status();
    if (status)
        opened.status = std::move(*status);
    else
        opened.facts.status_problem = escape_cut(status.error().message, longest_problem);
    auto config = opener.open_all(Resource::audit_config);
    if (config)
        opened.config = std::move(*config);
    else
        opened.facts.config_problem = escape_cut(config.error().message, longest_problem);
    return opened;
}

AuditFacts read_audit_facts(const OpenedAuditFacts& opened, const std::string& config_path) {
    AuditFacts facts = opened.facts;
    if (opened.status) {
        auto status = read_audit_status(opened.status.get());
        if (status)
            facts.status = std::move(*status);
        else
            facts.status_problem = escape_cut(status.error().message, longest_problem);
    }
    if (facts.config_problem.empty()) {
        auto config = read_config(opened.config, config_path);
        if (config)
            facts.config = std::move(*config);
        else
            facts.config_problem = escape_cut(config.error().message, longest_problem);
    }
    return facts;
}

}  // namespace integrityd
