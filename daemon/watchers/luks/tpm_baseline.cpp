#include "watchers/luks/tpm_baseline.hpp"

#include <array>

#include "catalogue_kinds.hpp"

namespace integrityd {

namespace {

// Of tpm_content(), but the handles and what is provisioned.
constexpr std::array<std::string_view, 5> flags = {"manufacturer", "owner_auth_set", "endorsement_auth_set",
                                                   "lockout_auth_set", "disable_clear"};

Value member(const ValueMap& map, std::string_view name) {
    const auto found = map.find(name);
    return found != map.end() ? found->second : Value();
}

ValueMap handles_of(const ValueMap& content) {
    const Value handles = member(content, "handles");
    const ValueMap* const map = handles.get<ValueMap>();
    return map != nullptr ? *map : ValueMap();
}

void compare(std::string_view name, const Value& accepted, const Value& present, ValueMap& into) {
    if (accepted != present) into[std::string(name)] = ValueMap{{"accepted", accepted}, {"present", present}};
}

}  // namespace

ValueMap tpm_flag_differences(const ValueMap& accepted, const ValueMap& present) {
    ValueMap differences;
    for (const std::string_view name : flags)
        compare(name, member(accepted, name), member(present, name), differences);
    return differences;
}

ValueMap tpm_handle_differences(const ValueMap& accepted, const ValueMap& present) {
    const ValueMap before = handles_of(accepted);
    const ValueMap now = handles_of(present);
    ValueMap differences;
    for (const auto& [handle, name] : before)
        compare(handle, name, member(now, handle), differences);
    for (const auto& [handle, name] : now)
        compare(handle, member(before, handle), name, differences);
    return differences;
}

ValueMap merged_tpm(ValueMap accepted, const ValueMap& present, const Wanted& wanted) {
    ValueMap handles = handles_of(accepted);
    for (const auto& [handle, pair] : tpm_handle_differences(accepted, present)) {
        if (!wanted.any({&kinds::tpm_handle_changed}, handle)) continue;
        const Value now = member(handles_of(present), handle);
        handles.erase(handle);
        if (now != Value()) handles[handle] = now;
    }
    if (wanted.any({&kinds::tpm_policy_changed}, tpm_subject)) accepted = present;
    accepted["handles"] = std::move(handles);
    return accepted;
}

bool was_provisioned(const ValueMap& accepted) {
    const Value provisioned = member(accepted, "provisioned");
    const bool* const flag = provisioned.get<bool>();
    return flag != nullptr && *flag;
}

}  // namespace integrityd
