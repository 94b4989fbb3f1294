#include "sources/boot_text.hpp"

#include "core/canonical_json.hpp"
#include "core/members.hpp"

namespace integrityd {

namespace {

class Reader {
public:
    explicit Reader(const ValueMap& report) : report_(report) {}

    BootText read() {
        add("baseline", text_at(report_, "baseline"));
        add("problem", text_at(report_, "problem"));
        log();
        secure_boot();
        for_each("structure",
                 [this](const Value& value) { add("breaks the specification", std::string(value.text())); });
        pcrs();
        ima();
        add("command line, measured", text_at(report_, "command_line"));
        add("root", text_at(report_, "root"));
        for_each("mounts", [this](const Value& value) { add("mounted over", std::string(value.text())); });
        for_each("events", [this](const Value& value) {
            if (const auto* const event = value.get<ValueMap>()) add_event(*event);
        });
        return std::move(out_);
    }

private:
    void add(const std::string& name, const std::string& value) {
        if (!value.empty()) out_.facts.emplace_back(name, value);
    }
    template <typename Each>
    void for_each(std::string_view name, Each each) {
        const ValueList* const list = list_at(report_, name);
        if (list == nullptr) return;
        for (const Value& value : *list)
            each(value);
    }

    void log() {
        const ValueMap* const log = map_at(report_, "log");
        if (log == nullptr) return;
        std::string banks;
        if (const ValueList* const list = list_at(*log, "banks")) {
            for (const Value& bank : *list)
                banks += (banks.empty() ? "" : ", ") + std::string(bank.text());
        }
        add("event log", std::to_string(number_at(*log, "events")) + " events, " + text_at(*log, "form") + " (" +
                             banks + "), " + text_at(*log, "end"));
        add("malformed", text_at(*log, "problem"));
        add("malformed", text_at(report_, "replay_problem"));
    }

    void secure_boot() {
        const ValueMap* const found = map_at(report_, "secure_boot");
        if (found == nullptr) return;
        const auto enabled = flag_at(*found, "enabled");
        add("Secure Boot", !enabled ? "not measured" : (*enabled ? "on" : "off"));
        const ValueMap* const variables = map_at(*found, "variables");
        if (variables == nullptr) return;
        for (const auto& [name, value] : *variables) {
            const auto* const each = value.get<ValueMap>();
            if (each == nullptr) continue;
            add(name, std::to_string(number_at(*each, "keys")) + " keys");
            const ValueList* const test = list_at(*each, "test_keys");
            if (test == nullptr) continue;
            for (const Value& subject : *test)
                add(name + ", test key", std::string(subject.text()));
        }
    }

    // Those that match are one line: the others are what somebody looks for.
    void pcrs() {
        std::size_t matching = 0;
        for_each("pcrs", [&](const Value& value) {
            const auto* const pcr = value.get<ValueMap>();
            if (pcr == nullptr) return;
            const std::string state = text_at(*pcr, "state");
            if (state == "matches") {
                ++matching;
                return;
            }
            const std::string reason = text_at(*pcr, "reason");
            add("PCR " + std::to_string(number_at(*pcr, "pcr")) + ", " + text_at(*pcr, "bank"),
                state + (reason.empty() ? "" : ": " + reason));
        });
        if (matching > 0) add("log and TPM", std::to_string(matching) + " values of PCRs agree");
    }

    void ima() {
        const ValueMap* const found = map_at(report_, "ima");
        if (found == nullptr) return;
        std::string text = text_at(*found, "state");
        if (const std::uint64_t entries = number_at(*found, "entries"); entries > 0)
            text += ", " + std::to_string(entries) + " entries, " + std::to_string(number_at(*found, "violations")) +
                    " violations";
        add("IMA", text);
    }

    void add_event(const ValueMap& event) {
        out_.events.push_back({number_at(event, "pcr"), text_at(event, "component"), text_at(event, "type"),
                               text_at(event, "digest"), text_at(event, "backing"), text_at(event, "text"),
                               flag_at(event, "accepted")});
    }

    const ValueMap& report_;
    BootText out_;
};

}  // namespace

Result<BootText> read_boot_text(std::string_view json) {
    const auto value = read_json(json);
    if (!value) return value.error();
    const auto* const map = value->get<ValueMap>();
    if (map == nullptr) return Error{"the report of the boot is no object"};
    return Reader(*map).read();
}

}  // namespace integrityd
