// DaemonService's part that answers integrityctl's reports.
#include <algorithm>
#include <cerrno>
#include <fmt/format.h>

#include "core/canonical_json.hpp"
#include "core/time_text.hpp"
#include "daemon_service.hpp"

namespace integrityd {

namespace {

constexpr std::string_view type_name(RecipientType type) {
    switch (type) {
        case RecipientType::journal:
            return "journal";
        case RecipientType::syslog:
            return "syslog";
        case RecipientType::dbus:
            return "dbus";
        case RecipientType::unix_socket:
            return "unix";
    }
    return "";
}

constexpr std::string_view one_baseline = "baseline/";

// As everywhere else in JSON: never, or none, is null.
Value time_value(WallTime time) {
    return time != 0 ? Value(rfc3339(time)) : Value();
}

}  // namespace

Result<std::string> DaemonService::report(std::string_view topic) {
    if (topic == "watchers") return canonical_json(watchers_report());
    if (topic == "recipients") return canonical_json(recipients_report());
    if (topic == "baseline") return canonical_json(baseline_report());
    if (topic.starts_with(one_baseline)) return baseline_report(topic.substr(one_baseline.size()));
    if (topic == "progress") return canonical_json(progress_report());
    std::string known = "watchers, recipients, baseline, baseline/NAME, progress";
    for (const auto& host : parts_.watchers) {
        const bool enabled = host->watcher() != nullptr;
        if (!enabled && host->name() == topic) return Error{"the watcher " + host->name() + " is disabled", ENOENT};
        const auto report = enabled ? host->watcher()->report() : std::nullopt;
        if (!report) continue;
        if (host->name() == topic) return canonical_json(*report);
        known += ", " + host->name();
    }
    return Error{"there is no report of this name; there are: " + known, ENOENT};
}

ValueMap DaemonService::watchers_report() const {
    ValueList list;
    for (const WatcherStatus& status : watcher_statuses()) {
        ValueMap counters;
        for (const auto& [name, value] : status.counters)
            counters[name] = value;
        list.emplace_back(ValueMap{{"name", status.name},
                                   {"state", to_string(status.state)},
                                   {"detail", status.detail},
                                   {"blind_since", time_value(status.blind_since)},
                                   {"last_look", time_value(status.last_look)},
                                   {"next_look", time_value(status.next_look)},
                                   {"counters", counters}});
    }
    return {{"watchers", list}};
}

ValueMap DaemonService::recipients_report() const {
    ValueList list;
    for (const RecipientStatus& status : parts_.recipients.statuses()) {
        const RecipientConfig& config = status.config;
        list.emplace_back(ValueMap{{"name", config.name},
                                   {"type", type_name(config.type)},
                                   {"target", config.target},
                                   {"min_severity", to_string(config.min_severity)},
                                   {"sources", text_list(config.sources)},
                                   {"required", config.required},
                                   {"state", status.failing ? "failing" : "reachable"},
                                   {"reason", status.reason},
                                   {"failing_since", time_value(status.failing_since)},
                                   {"delivered", status.delivered},
                                   {"mark", status.mark},
                                   {"behind", parts_.store.last_sequence() - status.mark}});
    }
    return {{"recipients", list}};
}

// By watcher; those whose looks have no parts are left out.
ValueMap DaemonService::progress_report() const {
    ValueMap report;
    for (const auto& host : parts_.watchers) {
        auto progress = host->watcher() != nullptr ? host->watcher()->progress() : std::nullopt;
        if (progress) report[host->name()] = std::move(*progress);
    }
    return report;
}

std::vector<std::string> DaemonService::baseline_names() const {
    std::vector<std::string> names = {"self"};
    for (const auto& host : parts_.watchers)
        names.push_back(host->name());
    return names;
}

// What is accepted, without the documents: all of them are more than an answer holds.
ValueMap DaemonService::baseline_report() const {
    ValueMap report;
    for (const auto& name : baseline_names()) {
        ValueMap row = baseline_row(name);
        row.erase("content");
        report[name] = std::move(row);
    }
    return report;
}

Result<std::string> DaemonService::baseline_report(std::string_view name) const {
    const auto names = baseline_names();
    if (std::ranges::find(names, name) == names.end())
        return Error{fmt::format("there is no baseline of this name; there are: {}", fmt::join(names, ", ")), ENOENT};
    return canonical_json(ValueMap{{std::string(name), baseline_row(name)}});
}

ValueMap DaemonService::baseline_row(std::string_view name) const {
    const auto baseline = parts_.baselines.load(name);
    if (!baseline) return {{"state", "tampered"}, {"reason", baseline.error().message}};
    if (!*baseline) return {{"state", "none"}};
    return {{"state", "accepted"}, {"digest", (*baseline)->digest}, {"content", (*baseline)->content}};
}

}  // namespace integrityd
