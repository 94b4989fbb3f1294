#include "sources/boot_report.hpp"

#include "core/canonical_json.hpp"
#include "sources/boot_runs.hpp"
#include "sources/event_types.hpp"

namespace integrityd {

namespace {

std::string_view form_name(LogForm form) {
    switch (form) {
        case LogForm::sha1:
            return "sha1";
        case LogForm::crypto_agile:
            return "crypto-agile";
        default:
            return "none";
    }
}

std::string_view end_name(LogEnd end) {
    switch (end) {
        case LogEnd::complete:
            return "complete";
        case LogEnd::padding:
            return "padding";
        case LogEnd::truncated:
            return "truncated";
        default:
            return "corrupt";
    }
}

ValueMap replay_report(const Replay& replay) {
    ValueMap banks;
    for (const ReplayedBank& bank : replay.banks) {
        ValueMap pcrs;
        for (std::uint32_t pcr = 0; pcr < most_pcrs; ++pcr) {
            if (bank.pcrs.at(pcr)) pcrs[std::to_string(pcr)] = bank.pcrs.at(pcr)->hex();
        }
        banks[std::string(hash_name(bank.algorithm))] = std::move(pcrs);
    }
    return banks;
}

}  // namespace

ValueMap log_report(const EventLog& log, std::size_t bytes) {
    ValueList banks;
    for (const HashAlgorithm algorithm : log.algorithms)
        banks.emplace_back(hash_name(algorithm));
    ValueMap out{{"form", form_name(log.form)},
                 {"end", end_name(log.end)},
                 {"bytes", std::uint64_t{bytes}},
                 {"events", std::uint64_t{log.events.size()}},
                 {"banks", std::move(banks)}};
    if (!log.problem.empty()) out["problem"] = log.problem;
    return out;
}

ValueList story_report(const BootStory& story) {
    ValueList out;
    for (const BootEvent& event : story.events) {
        if (out.size() >= most_reported_events) break;
        out.emplace_back(ValueMap{{"event", std::uint64_t{event.number}},
                                  {"pcr", event.pcr},
                                  {"type", event_type::name(event.type)},
                                  {"component", event.component},
                                  {"digest", event.digest},
                                  {"backing", to_string(event.backing)},
                                  {"text", event.text}});
    }
    return out;
}

ValueMap secure_boot_report(const MeasuredSecureBoot& measured) {
    ValueMap variables;
    for (const MeasuredKeys& keys : measured.variables) {
        ValueMap each{{"keys", std::uint64_t{keys.keys.size()}}};
        if (!keys.test_keys.empty()) each["test_keys"] = text_list(keys.test_keys);
        if (!keys.whole) each["whole"] = false;
        variables[keys.name] = std::move(each);
    }
    ValueMap out{{"variables", std::move(variables)}};
    if (measured.enabled) out["enabled"] = *measured.enabled;
    return out;
}

ValueList structure_report(const std::vector<StructureFinding>& findings) {
    ValueList out;
    for (const StructureFinding& finding : findings)
        out.emplace_back(finding.text);
    return out;
}

std::string boot_log_json(std::string_view bytes) {
    const EventLog log = parse_event_log(bytes);
    const BootStory story = read_boot_story(log, best_bank(log.algorithms));
    const Replay replay = replay_event_log(log);
    ValueMap out{{"log", log_report(log, bytes.size())},
                 {"bank", hash_name(story.bank)},
                 {"events", story_report(story)},
                 {"secure_boot", secure_boot_report(story.secure_boot)},
                 {"structure", structure_report(check_boot_structure(log, story))},
                 {"replay", replay_report(replay)},
                 {"startup_locality", std::uint64_t{replay.startup_locality}}};
    if (!replay.problem.empty()) out["replay_problem"] = replay.problem;
    return canonical_json(Value(std::move(out)));
}

std::string boot_log_components_json(std::string_view bytes, const std::string& source) {
    const EventLog log = parse_event_log(bytes);
    const BootStory story = read_boot_story(log, best_bank(log.algorithms));
    ValueList components;
    for (const BootRun& run : boot_runs(story)) {
        ValueList events;
        for (const RunEvent& event : run.events)
            events.emplace_back(ValueMap{{"type", event.type}, {"digest", event.digest}});
        ValueMap alternative{{"events", std::move(events)}, {"source", source}};
        components.emplace_back(ValueMap{
            {"name", run.component}, {"pcr", run.pcr}, {"accepted", ValueList{Value(std::move(alternative))}}});
    }
    if (!log.whole() || components.empty()) return {};
    return canonical_json(Value(ValueMap{{"bank", hash_name(story.bank)}, {"components", std::move(components)}}));
}

}  // namespace integrityd
