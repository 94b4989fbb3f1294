// The ledger, by scripts: tests/golden/ledger/*.in. A line is one of
//
//   # a remark                                  time N
//   rule KIND SUBJECT SEVERITY UNTIL NAME       adds a severity rule (`-`: any, UNTIL 0: for good)
//   see KIND SUBJECT EVIDENCE [CONTEXT]         one observation; JSON without blanks
//   see KIND SUBJECT SEVERITY EVIDENCE          … with the watcher's own severity
//   look complete|partial SOURCE KINDS SUBJECTS [KEPT]   begins a look (`,` between, `*`: every
//                                               subject); still_present says yes to subject KEPT
//   end                                         ends the look
//   ack IDS COMMENT · repeats · refused · fold N         restart: what the store would hold is restored
#include <sstream>

#include <catch2/catch.hpp>

#include "core/canonical_json.hpp"
#include "core/catalogue.hpp"
#include "state/ledger.hpp"
#include "support/golden.hpp"

using namespace integrityd;

namespace {

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, separator);)
        parts.push_back(part);
    return parts;
}

std::string describe(const Violation& violation) {
    std::ostringstream out;
    out << violation.id << ' ' << violation.kind << ' ' << violation.subject << ' ' << to_string(violation.severity)
        << ' ' << to_string(violation.state) << " count=" << violation.count << " seen=" << violation.first_seen << ".."
        << violation.last_seen << ' ' << canonical_json(Value(violation.details));
    return out.str();
}

std::string was(const Change& change) {
    return change.old_severity ? " was=" + std::string(to_string(*change.old_severity)) : "";
}

class Script {
public:
    std::string run(const std::string& text) {
        for (const std::string& line : split(text, '\n')) {
            out_ << "> " << line << '\n';
            if (!line.empty() && line.front() != '#') perform(split(line, ' '));
        }
        out_ << "left:\n";
        for (const auto& [id, entry] : ledger_.entries())
            out_ << "  " << describe(entry.violation) << '\n';
        return out_.str();
    }

private:
    void perform(const std::vector<std::string>& words) {
        const std::string& verb = words.at(0);
        if (verb == "time") return static_cast<void>(now_ = std::stoull(words.at(1)));
        if (verb == "rule") return add_rule(words);
        if (verb == "see") return see(words);
        if (verb == "look") return begin(words);
        if (verb == "end") return finish();
        if (verb == "ack") return acknowledge(words);
        if (verb == "restart") return restart();
        if (verb == "repeats") return repeats();
        if (verb == "refused") return refused();
        if (verb == "fold") return fold(std::stoul(words.at(1)));
        FAIL("no such verb: " << verb);
    }

    void tell(const std::vector<Change>& changes) {
        for (const Change& change : changes)
            out_ << "  " << to_string(change.type) << ": " << describe(change.violation) << was(change) << '\n';
    }

    static std::string unless_dash(const std::string& word) { return word == "-" ? "" : word; }

    void add_rule(const std::vector<std::string>& words) {
        rules_.push_back({.name = words.at(5),
                          .kind = unless_dash(words.at(1)),
                          .subject = unless_dash(words.at(2)),
                          .severity = parse_severity(words.at(3)).value(),
                          .until = std::stoull(words.at(4)),
                          .reason = {}});
        ledger_.set_rules(rules_);
    }

    static ValueMap map_of(const std::string& json) {
        const Result<Value> value = read_json(json);
        REQUIRE(value.ok());
        return *value->get<ValueMap>();
    }

    void see(const std::vector<std::string>& words) {
        Observation seen;
        seen.kind = find_kind(words.at(1));
        REQUIRE(seen.kind != nullptr);
        seen.subject = words.at(2);
        seen.summary = "seen";
        std::size_t next = 3;
        seen.severity = parse_severity(words.at(next));
        if (seen.severity) ++next;
        seen.evidence = map_of(words.at(next));
        if (words.size() > next + 1) seen.context = map_of(words.at(next + 1));
        if (look_) return look_->seen.push_back(seen);
        tell(ledger_.apply(seen, now_));
    }

    void begin(const std::vector<std::string>& words) {
        look_ = Look{};
        look_->complete = words.at(1) == "complete";
        look_->scope.source = words.at(2);
        for (const std::string& kind : split(words.at(3), ','))
            look_->scope.kinds.push_back(find_kind(kind));
        if (words.at(4) != "*") look_->scope.subjects = split(words.at(4), ',');
        if (words.size() > 5) {
            const std::string kept = words.at(5);
            look_->still_present = [kept](const Violation& violation) { return violation.subject == kept; };
        }
    }

    void finish() {
        tell(ledger_.apply(*look_, now_));
        look_.reset();
    }

    void acknowledge(const std::vector<std::string>& words) {
        std::vector<std::uint64_t> ids;
        for (const std::string& id : split(words.at(1), ','))
            ids.push_back(std::stoull(id));
        const auto changes = ledger_.acknowledge(ids, {.uid = 1000, .pid = 7, .exe = "/bin/x", .unit = ""},
                                                 words.size() > 2 ? words.at(2) : "", now_);
        if (changes) return tell(*changes);
        out_ << "  error " << changes.error().code << ": " << changes.error().message << '\n';
    }

    void restart() {
        std::vector<LedgerEntry> entries;
        for (const auto& [id, entry] : ledger_.entries())
            entries.push_back(entry);
        ledger_ = Ledger(ledger_.next_id());
        ledger_.set_rules(rules_);
        ledger_.restore(entries);
    }

    void refused() {
        const Refused refused = ledger_.take_refused();
        out_ << "  " << refused.count << " refused, the gravest " << to_string(refused.gravest) << '\n';
    }

    void fold(std::size_t at_most) {
        const Folding folding = ledger_.fold(*find_kind("self.queue.overflow"), at_most, now_);
        for (const LedgerEntry& entry : folding.forgotten)
            out_ << "  forgotten: " << describe(entry.violation) << (entry.folded ? "" : " NOT MARKED") << '\n';
        tell(folding.changes);
    }

    void repeats() {
        for (const LedgerEntry& entry : ledger_.take_unsaved_repeats())
            out_ << "  repeat: " << describe(entry.violation) << '\n';
    }

    Ledger ledger_{1, 6};
    WallTime now_ = 0;
    std::vector<SeverityRule> rules_;
    std::optional<Look> look_;
    std::ostringstream out_;
};

}  // namespace

TEST_CASE("the ledger turns what is seen into changes as its scripts say [REQ-1] [REQ-11] [REQ-31]") {
    const auto inputs = test::golden_inputs("ledger");
    REQUIRE_FALSE(inputs.empty());
    for (const auto& input : inputs)
        test::check_golden(input, Script().run(test::read_whole(input)));
}
