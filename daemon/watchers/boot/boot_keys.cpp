#include "watchers/boot/boot_keys.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "catalogue_kinds.hpp"

namespace integrityd {

namespace {

using Keys = std::vector<std::string>;

constexpr std::array<std::string_view, 4> key_variables = {"PK", "KEK", "db", "dbx"};
// So many keys are listed in an observation's evidence; the rest is a number.
constexpr std::size_t most_listed = 16;

Keys missing_in(const Keys& from, const Keys& other) {
    Keys out;
    std::ranges::set_difference(from, other, std::back_inserter(out));
    return out;
}

ValueList listed(const Keys& keys) {
    return text_list({keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(std::min(keys.size(), most_listed))});
}

std::optional<bool> flag_variable(const KeyFacts& facts, const std::string& name) {
    const auto found = facts.variables.values.find(name);
    if (found == facts.variables.values.end() || found->second.size() != 1) return std::nullopt;
    return found->second[0] == 1;
}

bool is_off_accepted(const AcceptedSecureBoot* accepted) {
    return accepted != nullptr && accepted->enabled == false;
}

bool is_setup_accepted(const AcceptedSecureBoot* accepted) {
    return accepted != nullptr && accepted->setup_mode;
}

// dbx holds what is revoked: it may grow. Of the others nothing may change.
struct Change {
    Keys added;
    Keys removed;

    Change(std::string_view name, const Keys& before, const Keys& now)
        : added(name == "dbx" ? Keys() : missing_in(now, before)), removed(missing_in(before, now)) {}
    [[nodiscard]] bool any() const { return !added.empty() || !removed.empty(); }
    [[nodiscard]] std::string words() const {
        const auto count = [](const Keys& keys, const std::string& what) {
            return std::to_string(keys.size()) + (keys.size() == 1 ? " key " : " keys ") + what;
        };
        if (removed.empty()) return count(added, "added");
        if (added.empty()) return count(removed, "removed");
        return count(added, "added") + ", " + count(removed, "removed");
    }
};

class Judge {
public:
    Judge(const KeyFacts& facts, const AcceptedSecureBoot* accepted) : facts_(facts), accepted_(accepted) {}

    std::vector<Observation> judge() {
        state();
        for (const std::string_view name : key_variables) {
            const std::string text(name);
            test_keys(text);
            if (accepted_ != nullptr) against_accepted(text);
            next_boot(text);
        }
        return std::move(seen_);
    }

private:
    Observation& tell(const Kind& kind, std::string subject, std::string summary) {
        seen_.push_back({&kind, std::move(subject), std::move(summary), {}, {}, std::nullopt});
        return seen_.back();
    }

    void state() {
        const auto measured = facts_.measured.enabled;
        const auto variable = flag_variable(facts_, "SecureBoot");
        const bool off = measured == false || variable == false;
        if (off && !is_off_accepted(accepted_)) {
            auto& seen = tell(kinds::boot_secureboot_disabled, "Secure Boot",
                              measured == false ? "Secure Boot was off when this device booted"
                                                : "Secure Boot is off, by the firmware's variable");
            seen.evidence["measured"] = measured ? (*measured ? "on" : "off") : "not measured";
        }
        const MeasuredKeys* const pk = facts_.measured.find("PK");
        const bool setup = flag_variable(facts_, "SetupMode") == true || (pk != nullptr && pk->keys.empty());
        if (setup && !is_setup_accepted(accepted_))
            tell(kinds::boot_secureboot_setup_mode, "Secure Boot",
                 "Secure Boot is in setup mode: whoever runs here may put in keys of his own");
    }

    void test_keys(const std::string& name) {
        const MeasuredKeys* const measured = facts_.measured.find(name);
        if (measured == nullptr) return;
        for (const std::string& subject : measured->test_keys) {
            if (accepted_ != nullptr && std::ranges::find(accepted_->test_keys, subject) != accepted_->test_keys.end())
                continue;
            auto& seen = tell(kinds::boot_secureboot_test_keys, test_key_subject(name, subject),
                              name + " holds a test key whose private half is public: " + subject);
            seen.evidence["subject"] = subject;
        }
    }

    void against_accepted(const std::string& name) {
        const MeasuredKeys* const measured = facts_.measured.find(name);
        const auto known = accepted_->keys.find(name);
        if (measured == nullptr || known == accepted_->keys.end()) return;
        const Change change(name, known->second, measured->keys);
        if (change.any()) changed(name, name + " is not what was accepted: " + change.words(), change);
    }

    // What efivarfs says is what the next boot will measure.
    void next_boot(const std::string& name) {
        const MeasuredKeys* const measured = facts_.measured.find(name);
        if (measured == nullptr || !facts_.variables.knows(name)) return;
        const auto variable = facts_.variables.values.find(name);
        const Keys now = variable == facts_.variables.values.end() ? Keys() : read_keys(name, variable->second).keys;
        const Change change(name, measured->keys, now);
        if (change.any())
            changed(at_next_boot(name), name + " was changed since this boot, effective at the next: " + change.words(),
                    change);
    }

    void changed(std::string subject, std::string summary, const Change& change) {
        auto& seen = tell(kinds::boot_secureboot_keys_changed, std::move(subject), std::move(summary));
        if (!change.added.empty()) seen.evidence["added"] = listed(change.added);
        if (!change.removed.empty()) seen.evidence["removed"] = listed(change.removed);
    }

    const KeyFacts& facts_;
    const AcceptedSecureBoot* accepted_;
    std::vector<Observation> seen_;
};

}  // namespace

AcceptedSecureBoot present_secure_boot(const KeyFacts& facts) {
    AcceptedSecureBoot out;
    out.enabled = facts.measured.enabled;
    if (!out.enabled) out.enabled = flag_variable(facts, "SecureBoot");
    const MeasuredKeys* const pk = facts.measured.find("PK");
    out.setup_mode = flag_variable(facts, "SetupMode") == true || (pk != nullptr && pk->keys.empty());
    for (const std::string_view name : key_variables) {
        const MeasuredKeys* const measured = facts.measured.find(name);
        if (measured == nullptr) continue;
        out.keys[std::string(name)] = measured->keys;
        out.test_keys.insert(out.test_keys.end(), measured->test_keys.begin(), measured->test_keys.end());
    }
    std::ranges::sort(out.test_keys);
    out.test_keys.erase(std::unique(out.test_keys.begin(), out.test_keys.end()), out.test_keys.end());
    return out;
}

bool are_accepted_keys(const MeasuredKeys& measured, const std::vector<std::string>& accepted) {
    return !Change(measured.name, accepted, measured.keys).any();
}

std::string test_key_subject(const std::string& variable, const std::string& key) {
    return variable + " " + key;
}

std::string at_next_boot(const std::string& variable) {
    return variable + " at the next boot";
}

std::vector<Observation> judge_keys(const KeyFacts& facts, const AcceptedSecureBoot* accepted) {
    return Judge(facts, accepted).judge();
}

// What was measured is known, and what is told of it is seen again.
bool may_still_hold(const EfiVariables& variables, const AcceptedSecureBoot* accepted, const Violation& told) {
    if (told.kind == kinds::boot_secureboot_disabled.name)
        return !is_off_accepted(accepted) && !variables.knows("SecureBoot");
    if (told.kind == kinds::boot_secureboot_setup_mode.name)
        return !is_setup_accepted(accepted) && !variables.knows("SetupMode");
    return told.kind == kinds::boot_secureboot_keys_changed.name &&
           std::ranges::any_of(key_variables, [&](std::string_view name) {
               const std::string text(name);
               return told.subject == at_next_boot(text) && !variables.knows(text);
           });
}

}  // namespace integrityd
