#include "sources/boot_structure.hpp"

#include <algorithm>
#include <array>

#include "sources/event_types.hpp"

namespace integrityd {

namespace {

using namespace event_type;

std::string in_pcr(std::uint32_t pcr) {
    return "in PCR " + std::to_string(pcr);
}

// Types that belong into certain PCRs only: what was retagged stands out. A bit for each PCR.
std::uint32_t places_of(std::uint32_t type) {
    const auto bits = [](std::initializer_list<unsigned> pcrs) {
        std::uint32_t set = 0;
        for (const unsigned pcr : pcrs)
            set |= 1U << pcr;
        return set;
    };
    constexpr std::uint32_t any = 0xffffffff;
    switch (type) {
        case s_crtm_contents:
        case s_crtm_version:
        case hcrtm_event:
            return bits({0});
        case cpu_microcode:
            return bits({0, 1});
        case variable_authority:
            return bits({7, 14});
        case boot_services_application:
        case boot_services_driver:
        case runtime_services_driver:
            return bits({0, 2, 4});
        case gpt_event:
        case gpt_event2:
            return bits({5});
        case variable_driver_config:
            return bits({1, 3, 5, 7});
        case variable_boot:
        case variable_boot2:
            return bits({1, 5});
        case platform_firmware_blob:
        case platform_firmware_blob2:
            return bits({0, 1, 2, 4});
        default:
            return any;
    }
}

// What may still come into a PCR of the firmware when it was handed over.
bool may_follow_separator(std::uint32_t pcr, std::uint32_t type) {
    const bool action_type = type == efi_action || type == action;
    if (pcr == 1 || pcr == 5) return true;
    if (pcr == 4)
        return action_type || type == boot_services_application || type == boot_services_driver || type == ipl ||
               type == compact_hash;
    if (pcr == 7) return action_type || type == variable_authority;
    return false;
}

class Checker {
public:
    Checker(const EventLog& log, const BootStory& story) : log_(log), story_(story) {}

    std::vector<StructureFinding> check() {
        for (const BootEvent& event : story_.events)
            check_event(event);
        for (std::uint32_t pcr = 0; pcr < firmware_pcrs; ++pcr) {
            if (separators_.at(pcr) == 0) found(pcr, 0, "no separator " + in_pcr(pcr));
        }
        if (next_policy_ < policy_variables.size())
            found(7, 0, std::string(policy_variables.at(next_policy_)) + " was not measured into PCR 7");
        const bool on = story_.secure_boot.enabled.value_or(false);
        if (on && started_ && !authorised_) found(7, 0, "Secure Boot is on, and nothing was authorised by a key");
        return std::move(findings_);
    }

private:
    void found(std::uint32_t pcr, std::size_t event, std::string text) {
        findings_.push_back({pcr, event, std::move(text)});
    }

    void check_event(const BootEvent& event) {
        const std::string what = event_type::name(event.type) + " " + in_pcr(event.pcr);
        if (event.backing == Backing::differs)
            found(event.pcr, event.number, what + ": its data are not what was measured");
        if (event.pcr <= 14 && !known(event.type)) found(event.pcr, event.number, "unknown type " + what);
        if ((places_of(event.type) & (1U << event.pcr)) == 0)
            found(event.pcr, event.number, what + ": this type does not belong there");
        if (event.pcr < firmware_pcrs) check_order(event, what);
    }

    void check_order(const BootEvent& event, const std::string& what) {
        std::uint32_t& separators = separators_.at(event.pcr);
        if (event.type == separator) return check_separator(event, separators);
        if (separators > 0 && !may_follow_separator(event.pcr, event.type))
            found(event.pcr, event.number, what + " after the separator");
        if (event.pcr == 4 && event.type == boot_services_application) started_ = true;
        if (event.pcr == 7) check_policy(event);
    }

    void check_separator(const BootEvent& event, std::uint32_t& separators) {
        if (++separators > 1) found(event.pcr, event.number, "a second separator " + in_pcr(event.pcr));
        const std::string_view data = log_.events[event.number].data;
        const bool normal = data == std::string_view("\0\0\0\0", 4) || data == "\xff\xff\xff\xff";
        if (!normal) found(event.pcr, event.number, "the separator " + in_pcr(event.pcr) + " tells of an error");
    }

    void check_policy(const BootEvent& event) {
        if (event.type == variable_authority) authorised_ = true;
        if (event.type != variable_driver_config || event.backing != Backing::data) return;
        const auto variable = parse_efi_variable(log_.events[event.number].data);
        if (!variable) return found(7, event.number, "a variable of the Secure Boot policy is malformed");
        const auto* const place = std::ranges::find(policy_variables, variable->name);
        if (variable->name == "SecureBoot" && variable->data.size() != 1)
            found(7, event.number, "SecureBoot was measured with " + std::to_string(variable->data.size()) + " bytes");
        if (place == policy_variables.end()) return check_other(event, variable->name);
        if (place != policy_variables.begin() + static_cast<std::ptrdiff_t>(next_policy_))
            found(7, event.number, variable->name + " was measured out of its order");
        next_policy_ = std::max(next_policy_, static_cast<std::size_t>(place - policy_variables.begin()) + 1);
    }

    // dbt, dbr, AuditMode, DeployedMode: optional, once each.
    void check_other(const BootEvent& event, const std::string& name) {
        const bool twice = std::ranges::find(others_, name) != others_.end();
        if (twice) found(7, event.number, "a variable was measured twice into PCR 7");
        others_.push_back(name);
    }

    const EventLog& log_;
    const BootStory& story_;
    std::vector<StructureFinding> findings_;
    std::array<std::uint32_t, firmware_pcrs> separators_{};
    std::size_t next_policy_ = 0;
    std::vector<std::string> others_;
    bool started_ = false;
    bool authorised_ = false;
};

}  // namespace

std::vector<StructureFinding> check_boot_structure(const EventLog& log, const BootStory& story) {
    return Checker(log, story).check();
}

}  // namespace integrityd
