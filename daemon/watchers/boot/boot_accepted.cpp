#include "watchers/boot/boot_accepted.hpp"

#include <algorithm>
#include <charconv>

#include "core/members.hpp"

namespace integrityd {

namespace {

constexpr std::uint64_t version = 1;
// A log has some hundred events in some ten components; more is no document of ours.
constexpr std::size_t most_components = 256;
constexpr std::size_t most_events = 4096;

ValueMap to_value(const AcceptedRun& run) {
    ValueList events;
    for (const RunEvent& event : run.events) {
        ValueMap each{{"digest", event.digest}};
        if (!event.type.empty()) each["type"] = event.type;
        events.emplace_back(std::move(each));
    }
    return {{"events", std::move(events)}, {"source", run.source}};
}

ValueMap to_value(const AcceptedSecureBoot& secure_boot) {
    ValueMap keys;
    for (const auto& [name, each] : secure_boot.keys)
        keys[name] = text_list(each);
    ValueMap out{{"setup_mode", secure_boot.setup_mode},
                 {"keys", std::move(keys)},
                 {"test_keys", text_list(secure_boot.test_keys)}};
    if (secure_boot.enabled) out["enabled"] = *secure_boot.enabled;
    return out;
}

bool is_hex(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<AcceptedRun> read_run(const ValueMap& value, std::size_t digest_digits) {
    AcceptedRun run;
    run.source = text_at(value, "source");
    for (const Value& each : entries_at(value, "events")) {
        const auto* const event = each.get<ValueMap>();
        const std::string digest = event == nullptr ? "" : text_at(*event, "digest");
        if (!is_hex(digest) || digest.size() != digest_digits) return Error{"a digest in it is none of its bank"};
        run.events.push_back({text_at(*event, "type"), digest, 0});
        if (run.events.size() > most_events) return Error{"it has too many events"};
    }
    if (run.events.empty()) return Error{"it accepts a run without events"};
    return run;
}

Result<AcceptedComponent> read_component(const ValueMap& value, std::size_t digest_digits) {
    AcceptedComponent component;
    component.name = text_at(value, "name");
    component.optional = flag_at(value, "optional").value_or(false);
    const Value* const pcr = value_at(value, "pcr");
    component.pcr = static_cast<std::uint32_t>(pcr == nullptr ? most_pcrs : pcr->number(most_pcrs));
    if (component.name.empty() || component.pcr >= most_pcrs) return Error{"it has a component without name or PCR"};
    if (!is_judged_pcr(component.pcr))
        return Error{"PCR " + std::to_string(component.pcr) + " is not judged: it differs from boot to boot"};
    for (const Value& each : entries_at(value, "accepted")) {
        const auto* const map = each.get<ValueMap>();
        auto run =
            map == nullptr ? Result<AcceptedRun>(Error{"it accepts what is no run"}) : read_run(*map, digest_digits);
        if (!run) return run.error();
        component.runs.push_back(std::move(*run));
    }
    if (component.runs.empty()) return Error{"its component " + component.name + " accepts nothing"};
    if (component.runs.size() > most_accepted_runs)
        return Error{"its component " + component.name + " has too many runs"};
    return component;
}

AcceptedSecureBoot read_secure_boot(const ValueMap& value) {
    AcceptedSecureBoot out;
    out.enabled = flag_at(value, "enabled");
    out.setup_mode = flag_at(value, "setup_mode").value_or(false);
    out.test_keys = texts_at(value, "test_keys");
    for (const auto& [name, keys] : members_at(value, "keys")) {
        auto& set = out.keys[name];
        if (const auto* const list = keys.get<ValueList>()) set = texts_of(*list);
        std::ranges::sort(set);
    }
    return out;
}

AcceptedRoot read_root(const ValueMap& value) {
    AcceptedRoot root{flag_at(value, "verity").value_or(false), {}};
    for (const Value& each : entries_at(value, "hashes")) {
        const auto* const map = each.get<ValueMap>();
        const std::string hash = map == nullptr ? "" : text_at(*map, "hash");
        if (is_hex(hash) && root.hashes.size() < most_accepted_runs)
            root.hashes.push_back({hash, text_at(*map, "images")});
    }
    return root;
}

ValueMap to_value(const AcceptedRoot& root) {
    ValueList hashes;
    for (const AcceptedRootHash& each : root.hashes)
        hashes.emplace_back(ValueMap{{"hash", each.hash}, {"images", each.images}});
    return {{"verity", root.verity}, {"hashes", std::move(hashes)}};
}

std::optional<PcrOfBank> read_pcr_of_bank(std::string_view text) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const auto bank = parse_hash_name(text.substr(0, space));
    std::uint32_t pcr = most_pcrs;
    const char* const end = text.data() + text.size();
    (void)std::from_chars(text.data() + std::min(space + 1, text.size()), end, pcr);
    return bank && pcr < most_pcrs ? std::optional(PcrOfBank{*bank, pcr}) : std::nullopt;
}

void read_rest(const ValueMap& value, BootAccepted& out) {
    if (value_at(value, "secure_boot") != nullptr) out.secure_boot = read_secure_boot(members_at(value, "secure_boot"));
    out.deviations = texts_at(value, "deviations");
    for (const auto& [text, reason] : members_at(value, "unreplayable")) {
        if (const auto pcr = read_pcr_of_bank(text)) out.unreplayable[*pcr] = reason.text();
    }
    if (value_at(value, "root") != nullptr) out.root = read_root(members_at(value, "root"));
    if (value_at(value, "mounts") != nullptr) out.mounts = texts_at(value, "mounts");
}

bool same_run(const AcceptedRun& one, const AcceptedRun& other) {
    return std::ranges::equal(one.events, other.events, [](const RunEvent& a, const RunEvent& b) { return a.same(b); });
}

void add_run(AcceptedComponent& component, const AcceptedRun& run, std::size_t most) {
    std::erase_if(component.runs, [&](const AcceptedRun& known) { return same_run(known, run); });
    component.runs.insert(component.runs.begin(), run);
    if (component.runs.size() > most) component.runs.resize(most);
}

}  // namespace

std::string pcr_of_bank(const PcrOfBank& pcr) {
    return std::string(hash_name(pcr.first)) + " " + std::to_string(pcr.second);
}

ValueMap to_value(const BootAccepted& accepted) {
    ValueList components;
    for (const AcceptedComponent& component : accepted.components) {
        ValueList runs;
        for (const AcceptedRun& run : component.runs)
            runs.emplace_back(to_value(run));
        components.emplace_back(
            ValueMap{{"name", component.name}, {"pcr", component.pcr}, {"accepted", std::move(runs)}});
    }
    ValueMap unreplayable;
    for (const auto& [pcr, reason] : accepted.unreplayable)
        unreplayable[pcr_of_bank(pcr)] = reason;
    ValueMap out{{"version", version},
                 {"bank", hash_name(accepted.bank)},
                 {"components", std::move(components)},
                 {"deviations", text_list(accepted.deviations)},
                 {"unreplayable", std::move(unreplayable)}};
    if (accepted.secure_boot) out["secure_boot"] = to_value(*accepted.secure_boot);
    if (accepted.root) out["root"] = to_value(*accepted.root);
    if (accepted.mounts) out["mounts"] = text_list(*accepted.mounts);
    return out;
}

Result<std::vector<AcceptedComponent>> read_components(const ValueMap& value) {
    const auto bank = parse_hash_name(text_at(value, "bank"));
    if (!bank) return Error{"it does not say of which bank its digests are"};
    const ValueList& list = entries_at(value, "components");
    if (list.empty()) return Error{"it names no component: an empty baseline would accept nothing, or everything"};
    if (list.size() > most_components) return Error{"it has too many components"};
    std::vector<AcceptedComponent> components;
    for (const Value& each : list) {
        const auto* const map = each.get<ValueMap>();
        auto component = map == nullptr ? Result<AcceptedComponent>(Error{"it has a component that is none"})
                                        : read_component(*map, 2 * digest_size(*bank));
        if (!component) return component.error();
        components.push_back(std::move(*component));
    }
    return components;
}

Result<BootAccepted> read_boot_accepted(const ValueMap& value) {
    const Value* const found = value_at(value, "version");
    if (found == nullptr || found->number() != version) return Error{"it is no baseline of boot, or a newer one"};
    auto components = read_components(value);
    if (!components) return components.error();
    BootAccepted out;
    out.bank = *parse_hash_name(text_at(value, "bank"));
    out.components = std::move(*components);
    read_rest(value, out);
    return out;
}

void add_components(BootAccepted& accepted, const std::vector<AcceptedComponent>& components, std::size_t most) {
    for (const AcceptedComponent& added : components) {
        auto known = std::ranges::find_if(accepted.components, [&](const AcceptedComponent& component) {
            return component.name == added.name && component.pcr == added.pcr;
        });
        if (known == accepted.components.end()) {
            if (!added.optional) accepted.components.push_back(added);
            continue;
        }
        for (auto run = added.runs.rbegin(); run != added.runs.rend(); ++run)
            add_run(*known, *run, most);
    }
    std::ranges::stable_sort(accepted.components, {}, &AcceptedComponent::pcr);
}

}  // namespace integrityd
