// boot: what this device booted, as the daemon judged it; or a log from elsewhere; or the digest of an image.
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include "../exit_codes.hpp"
#include "../file_bytes.hpp"
#include "../json.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "../verbs.hpp"
#include "sources/boot_import.hpp"
#include "sources/boot_report.hpp"
#include "sources/boot_text.hpp"
#include "sources/pe_digest.hpp"

namespace integrityctl {

namespace {

// So much of a digest tells two apart; --json has all of it.
constexpr std::size_t shown_digest = 16;

// What Linux's EFI stub measures into PCR 9, in its order: the command line as the image has it, then the initrd.
std::vector<std::string> measured_inside(int fd, integrityd::HashAlgorithm bank) {
    std::vector<std::string> digests;
    const auto source = integrityd::file_pe_source(fd);
    if (!source) return digests;
    for (const char* const section : {".cmdline", ".initrd"}) {
        const auto digest = integrityd::pe_section_digest(*source, section, bank);
        if (digest) digests.push_back(digest->hex());
    }
    return digests;
}

struct Report {
    std::string json;
    bool whole = true;  // false: of a log that cannot be read to its end
};

Report report_of(Context& context, const BootOptions& options) {
    if (options.log.empty()) return {context.client().report("boot")};
    const std::string bytes = file_bytes(options.log, integrityd::largest_event_log + 1);
    return {integrityd::boot_log_json(bytes), integrityd::parse_event_log(bytes).whole()};
}

Cell accepted_cell(const integrityd::BootTextEvent& event) {
    if (!event.accepted) return {"-"};
    return *event.accepted ? Cell{"yes", Style::good} : Cell{"NO", Style::worst};
}

void show(Context& context, const integrityd::BootText& boot) {
    Properties facts;
    for (const auto& [name, value] : boot.facts)
        facts.add(printable(name), {printable(value)});
    context.out.write(facts.render(context.out.terminal()));
    if (boot.events.empty()) return;
    Table table({"PCR", "COMPONENT", "ACCEPTED", "FROM", "DIGEST", "WHAT"});
    for (const auto& event : boot.events) {
        table.add({{std::to_string(event.pcr)},
                   {printable(event.component)},
                   accepted_cell(event),
                   {printable(event.backing)},
                   {printable(event.digest.substr(0, shown_digest))},
                   {printable(event.text.empty() ? event.type : event.text)}});
    }
    context.out.line("");
    context.out.write(table.render(context.out.terminal()));
}

}  // namespace

int run(Context& context, const BootOptions& options) {
    const Report report = report_of(context, options);
    const int status = report.whole ? exit_done : exit_failed;
    if (context.json) {
        context.out.json(report.json);
        return status;
    }
    const auto boot = integrityd::read_boot_text(report.json);
    if (!boot) throw integrity::Error(-EBADMSG, boot.error().message);
    show(context, *boot);
    return status;
}

// With --json a document for `baseline import`: so an update is accepted before it boots.
int run(Context& context, const BootDigestOptions& options) {
    const auto bank = integrityd::parse_hash_name(options.bank);
    const int fd = open(options.file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) throw integrity::Error(-errno, options.file + ": " + std::strerror(errno));
    const auto digests = integrityd::pe_digests(fd, {*bank});
    const auto inside = measured_inside(fd, *bank);
    (void)close(fd);
    if (!digests) throw integrity::Error(-EINVAL, options.file + ": " + digests.error().message);
    const std::string digest = digests->front().hex();
    const std::string name = std::filesystem::path(options.file).filename().string();
    if (context.json)
        context.out.json(integrityd::boot_image_document(*bank, digest, inside, options.component, name));
    else
        context.out.line(digest);
    return exit_done;
}

}  // namespace integrityctl
