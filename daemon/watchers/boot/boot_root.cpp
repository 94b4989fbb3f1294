#include "watchers/boot/boot_root.hpp"

#include <algorithm>

#include "catalogue_kinds.hpp"
#include "core/digest.hpp"
#include "core/escape.hpp"
#include "sources/boot_command_line.hpp"

namespace integrityd {

namespace {

constexpr std::size_t shown_digits = 16;
constexpr std::size_t longest_problem = 512;

std::string shown(const std::string& hash) {
    return hash.substr(0, shown_digits) + (hash.size() > shown_digits ? "…" : "");
}

// Who says which hash the root has to have.
struct Expectation {
    std::string_view source;     // empty: nobody
    std::string_view otherwise;  // what is said of another hash
    std::vector<std::string> hashes;
};

std::vector<std::string> accepted_with(const AcceptedRoot& accepted, const std::string& images) {
    std::vector<std::string> hashes;
    for (const AcceptedRootHash& each : accepted.hashes) {
        if (each.images == images) hashes.push_back(each.hash);
    }
    return hashes;
}

bool has(const std::vector<std::string>& hashes, const std::string& hash) {
    return std::ranges::find(hashes, hash) != hashes.end();
}

Expectation expectation(const RootFacts& facts, const AcceptedRoot* accepted) {
    if (!facts.configured.empty()) return {"the configuration", "none that the configuration names", facts.configured};
    if (!facts.measured.empty())
        return {"the measured command line", "not the one of the measured command line", {facts.measured}};
    auto known = accepted == nullptr ? std::vector<std::string>() : accepted_with(*accepted, facts.images);
    if (known.empty()) return {};
    return {"the baseline", "not the one accepted with this kernel image", std::move(known)};
}

Observation unverified(std::string summary) {
    return {&kinds::boot_root_unverified, "/", std::move(summary), {}, {}, {}};
}

}  // namespace

std::string images_of(const std::vector<BootRun>& runs) {
    constexpr std::uint32_t pcr_of_images = 4;
    std::string digests;
    for (const BootRun& run : runs) {
        if (run.pcr != pcr_of_images || !is_image(run.component)) continue;
        for (const RunEvent& event : run.events)
            digests += event.digest + ' ';
    }
    return digests.empty() ? "" : sha256_hex(digests);
}

std::string measured_command_line(const EventLog& log, HashAlgorithm bank, const std::string& shown,
                                  const std::vector<PcrState>& pcrs) {
    const bool vouched = std::ranges::none_of(pcrs, [&](const PcrState& state) {
        return may_hold_command_line(state.pcr) && state.bank == bank && state.match == PcrMatch::differs;
    });
    return vouched && is_measured_command_line(log, bank, shown) ? shown : "";
}

bool is_root_judged(const RootFacts& facts, const AcceptedRoot* accepted) {
    return !facts.configured.empty() || (accepted != nullptr && accepted->verity);
}

std::vector<Observation> judge_root(const RootFacts& facts, const AcceptedRoot* accepted) {
    if (!facts.device.known || !is_root_judged(facts, accepted)) return {};
    if (!facts.device.verity)
        return {unverified(std::string("the root is not on dm-verity, and ") +
                           (facts.configured.empty() ? "was accepted so" : "the configuration names its hash"))};
    const DmVerity& verity = *facts.device.verity;
    Expectation expected = expectation(facts, accepted);
    std::string wrong;
    if (!facts.at_boot.empty() && facts.at_boot != verity.root_hash) {
        wrong = "the root's hash " + shown(verity.root_hash) + " is another than when this device booted";
        expected.hashes = {facts.at_boot};
    } else if (!expected.hashes.empty() && !has(expected.hashes, verity.root_hash)) {
        wrong = "the root's hash " + shown(verity.root_hash) + " is " + std::string(expected.otherwise);
    } else if (verity.ignores_corruption) {
        wrong = "dm-verity of the root lets pass what does not verify";
    }
    if (wrong.empty()) return {};
    Observation seen = unverified(std::move(wrong));
    seen.evidence["root_hash"] = verity.root_hash;
    seen.evidence["expected"] = text_list(expected.hashes);
    return {std::move(seen)};
}

std::optional<AcceptedRoot> accept_root(const RootDevice& device, const std::string& images,
                                        const AcceptedRoot* before) {
    if (!device.known) return before == nullptr ? std::nullopt : std::optional(*before);
    AcceptedRoot root;
    root.verity = device.verity.has_value();
    if (!device.verity) return root;
    root.hashes.push_back({device.verity->root_hash, images});
    if (before == nullptr) return root;
    for (const AcceptedRootHash& each : before->hashes) {
        if (each.images != images && root.hashes.size() < most_runs_of_boots) root.hashes.push_back(each);
    }
    return root;
}

std::string describe_root(const RootFacts& facts, const AcceptedRoot* accepted) {
    if (!facts.device.known) return "not known: " + escape_cut(facts.device.problem, longest_problem);
    if (!facts.device.verity) return "not on dm-verity";
    const std::string& hash = facts.device.verity->root_hash;
    const Expectation expected = expectation(facts, accepted);
    std::string words = "on dm-verity, hash " + shown(hash);
    if (!expected.source.empty())
        words += (has(expected.hashes, hash) ? ", that of " : ", not that of ") + std::string(expected.source);
    return words;
}

}  // namespace integrityd
