// tpm: shows the TPM; lets it hold the accepted baseline's digest. What writes needs root and asks no daemon to do it.
#include "../tpm.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <unistd.h>

#include "../exit_codes.hpp"
#include "../json.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "../verbs.hpp"
#include "sources/tpm_esys.hpp"
#include "sources/tpm_report.hpp"
#include "sources/tpm_seal.hpp"

namespace integrityctl {

namespace {

constexpr const char* default_tcti = "device:/dev/tpmrm0";
constexpr const char* watcher = "luks";

// Its own lines would say again what comes back as a value. No thread runs yet.
void quiet_library() {
    (void)setenv("TSS2_LOG", "all+NONE", 0);
}

template <typename T>
const T& must(const integrityd::Result<T>& result) {
    if (!result) throw integrity::Error(-result.error().code, result.error().message);
    return result.value();
}

void must(const integrityd::Result<void>& result) {
    if (!result) throw integrity::Error(-result.error().code, result.error().message);
}

// The TPM's part of the daemon's report; empty: no daemon answers, or it has no such watcher.
std::string part_of_daemon(Context& context) {
    try {
        return member_of(context.client().report(watcher), "tpm");
    } catch (const integrity::Error& error) {
        if (error.code() == EACCES || error.code() == EPERM) throw;
        return {};
    }
}

std::string tcti_of(Context& context, const std::string& asked) {
    if (!asked.empty()) return asked;
    const std::string part = part_of_daemon(context);
    const std::string configured = part.empty() ? std::string() : text_member(part, "tcti");
    return configured.empty() ? default_tcti : configured;
}

std::string read_directly(const std::string& tcti) {
    integrityd::EsysTpm tpm(integrityd::tpm_opener(tcti));
    return integrityd::tpm_report_json(integrityd::read_tpm(tpm));
}

// The first line of the file; "-": of standard input.
std::string owner_auth_of(const std::string& file) {
    std::string line;
    if (file.empty()) return line;
    std::ifstream opened;
    if (file != "-") opened.open(file);
    std::istream& from = file == "-" ? std::cin : opened;
    if (!std::getline(from, line)) throw integrity::Error(-ENOENT, "there is no authorisation to read in " + file);
    return line;
}

void must_be_root() {
    if (geteuid() != 0) throw integrity::Error(-EPERM, "only root may write the TPM's memory");
}

std::string accepted_digest(Context& context) {
    for (const auto& row : read_baselines(context.client().report("baseline"))) {
        if (row.watcher == watcher && row.state == "accepted") return row.digest;
    }
    throw integrity::Error(-ENOENT, "no baseline of luks is accepted: see `integrityctl baseline accept luks`");
}

std::string raw_digest(const std::string& hex) {
    std::string raw;
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
        raw += static_cast<char>(std::strtoul(hex.substr(at, 2).c_str(), nullptr, 16));
    return raw;
}

// The daemon knows the TPM as of its last look; an acceptance that follows is of what is there now.
void look_again(Context& context) {
    try {
        context.client().check_now(watcher);
    } catch (const integrity::Error&) {  // no daemon, no such watcher, or it is looking: its next look is not far
    }
}

// The number of the counter.
std::uint64_t seal(Context& context, const std::string& tcti, const std::string& owner_auth_file) {
    integrityd::TpmSeal tpm(integrityd::tpm_opener(tcti), owner_auth_of(owner_auth_file));
    const std::uint64_t count = must(tpm.seal(raw_digest(accepted_digest(context))));
    look_again(context);  // so that the daemon sees at once that they fit together
    return count;
}

// What is done to the place of the digest in the TPM.
struct RoomChange {
    integrityd::Result<void> (integrityd::TpmSeal::*change)();
    const char* done;
    const char* means;
};

int change_room(Context& context, const TpmOwnerOptions& options, const RoomChange& wanted) {
    quiet_library();
    must_be_root();
    integrityd::TpmSeal tpm(integrityd::tpm_opener(tcti_of(context, options.tcti)), owner_auth_of(options.owner_auth));
    must((tpm.*wanted.change)());
    look_again(context);
    if (context.json)
        context.out.json(JsonObject().text("done", wanted.done).str());
    else
        context.out.line(std::string(wanted.means) + " Accept that with `integrityctl baseline accept luks`.");
    return exit_done;
}

void show_for_people(Context& context, const std::string& part) {
    Properties properties;
    std::vector<std::string> weaker;
    for (const auto& [path, value] : flatten(part)) {
        if (path.starts_with("weaker["))
            weaker.push_back(printable(value));
        else
            properties.add(printable(path), {printable(value), path == "state" ? style_of_state(value) : Style::plain});
    }
    context.out.write(properties.render(context.out.terminal()));
    for (const std::string& sentence : weaker)
        context.out.line("Weaker: " + sentence + ".");
}

}  // namespace

int run(Context& context, const TpmShowOptions& options) {
    quiet_library();
    std::string part = options.tcti.empty() ? part_of_daemon(context) : std::string();
    if (part.empty()) part = read_directly(options.tcti.empty() ? default_tcti : options.tcti);
    if (context.json)
        context.out.json(part);
    else
        show_for_people(context, part);
    return text_member(part, "state") == "there" ? exit_done : exit_failed;
}

int run(Context& context, const TpmProvisionOptions& options) {
    return change_room(context, options,
                       {&integrityd::TpmSeal::provision, "provisioned", "The TPM can hold the baseline's digest now."});
}

int run(Context& context, const TpmUnprovisionOptions& options) {
    return change_room(
        context, options,
        {&integrityd::TpmSeal::unprovision, "unprovisioned", "The TPM holds nothing of integrityd's any more."});
}

int run(Context& context, const TpmSealOptions& options) {
    quiet_library();
    must_be_root();
    const std::uint64_t count = seal(context, tcti_of(context, options.tcti), options.owner_auth);
    if (context.json)
        context.out.json(JsonObject().text("done", "sealed").number("seals", count).str());
    else
        context.out.line("The TPM holds the digest of the accepted baseline of luks; its counter is at " +
                         std::to_string(count) + ".");
    return exit_done;
}

void seal_after_acceptance(Context& context) {
    const std::string part = part_of_daemon(context);
    if (part.empty() || !truth_member(part, "provisioned")) return;
    if (geteuid() != 0) return context.say("the TPM holds the baseline's digest: as root, `integrityctl tpm seal` now");
    quiet_library();
    try {
        const std::uint64_t count = seal(context, tcti_of(context, {}), {});
        context.say("the TPM holds the digest of this baseline; its counter is at " + std::to_string(count));
    } catch (const integrity::Error& error) {
        context.say("the TPM does not hold the digest of this baseline yet: " + printable(error.what()) +
                    "\nTry: integrityctl tpm seal --owner-auth FILE");
    }
}

}  // namespace integrityctl
