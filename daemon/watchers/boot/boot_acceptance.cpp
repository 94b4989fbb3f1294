#include "watchers/boot/boot_acceptance.hpp"

#include <algorithm>
#include <cerrno>

#include "catalogue_kinds.hpp"
#include "watchers/boot/boot_keys.hpp"

namespace integrityd {

namespace {

bool has(const std::vector<std::string>& texts, const std::string& text) {
    return std::ranges::find(texts, text) != texts.end();
}

// Of the components that are wanted those of this boot, perhaps none; of the others those that were accepted.
void take_components(BootAccepted& next, const BootAccepted& present, const Wanted& wanted) {
    const auto is_wanted = [&](const AcceptedComponent& component) {
        return wanted.any({&kinds::boot_event_unexpected, &kinds::boot_event_missing},
                          component_subject(component.name, component.pcr));
    };
    std::erase_if(next.components, is_wanted);
    std::ranges::copy_if(present.components, std::back_inserter(next.components), is_wanted);
    std::ranges::stable_sort(next.components, {}, &AcceptedComponent::pcr);
}

void take_deviations(BootAccepted& next, const BootView& view, const Wanted& wanted) {
    for (const StructureFinding& finding : view.structure) {
        const bool is_wanted = wanted.any({&kinds::boot_structure_invalid}, pcr_subject(finding.pcr));
        if (is_wanted && !has(next.deviations, finding.text)) next.deviations.push_back(finding.text);
    }
}

void take_unreplayable(BootAccepted& next, const BootAccepted& present, const Wanted& wanted) {
    for (const auto& [pcr, reason] : present.unreplayable) {
        if (wanted.any({&kinds::boot_log_mismatch}, pcr_subject(pcr.second))) next.unreplayable[pcr] = reason;
    }
}

void take_test_keys(AcceptedSecureBoot& next, const MeasuredSecureBoot& measured, const Wanted& wanted) {
    for (const MeasuredKeys& variable : measured.variables) {
        for (const std::string& key : variable.test_keys) {
            const bool is_wanted =
                wanted.any({&kinds::boot_secureboot_test_keys}, test_key_subject(variable.name, key));
            if (is_wanted && !has(next.test_keys, key)) next.test_keys.push_back(key);
        }
    }
    std::ranges::sort(next.test_keys);
}

void take_secure_boot(BootAccepted& next, const BootAccepted& present, const BootView& view, const Wanted& wanted) {
    const std::vector<const Kind*> about = {&kinds::boot_secureboot_disabled, &kinds::boot_secureboot_setup_mode,
                                            &kinds::boot_secureboot_test_keys, &kinds::boot_secureboot_keys_changed};
    if (!wanted.any(about) || !present.secure_boot) return;
    AcceptedSecureBoot taken = next.secure_boot.value_or(AcceptedSecureBoot{});
    if (wanted.any({about[0]})) taken.enabled = present.secure_boot->enabled;
    if (wanted.any({about[1]})) taken.setup_mode = present.secure_boot->setup_mode;
    take_test_keys(taken, view.story.secure_boot, wanted);
    for (const auto& [name, keys] : present.secure_boot->keys) {
        if (wanted.any({&kinds::boot_secureboot_keys_changed}, name)) taken.keys[name] = keys;
    }
    next.secure_boot = std::move(taken);
}

// Those that were accepted stay so, there or not.
void take_mounts(BootAccepted& next, const BootAccepted& present, const Wanted& wanted) {
    if (!present.mounts || !next.mounts) return;
    for (const std::string& mount : *present.mounts) {
        const bool is_wanted = wanted.any({&kinds::boot_mount_shadowed}, mount);
        if (is_wanted && !has(*next.mounts, mount)) next.mounts->push_back(mount);
    }
    std::ranges::sort(*next.mounts);
}

// What the next boot will measure is not of this one.
bool wants_next_boot(const BootAccepted& present, const Wanted& wanted) {
    return present.secure_boot && std::ranges::any_of(present.secure_boot->keys, [&](const auto& variable) {
               return wanted.any({&kinds::boot_secureboot_keys_changed}, at_next_boot(variable.first));
           });
}

}  // namespace

Result<BootAccepted> take_wanted(const BootAccepted* before, const BootAccepted& present, const BootView& view,
                                 const Wanted& wanted) {
    if (wanted.all()) {
        BootAccepted next = present;
        // A mount table that could not be read says nothing of what is good.
        if (!next.mounts && before != nullptr) next.mounts = before->mounts;
        return next;
    }
    if (before == nullptr) return Error{"there is no accepted boot yet: accept the whole of it", EINVAL};
    if (wants_next_boot(present, wanted))
        return Error{"keys of the next boot are accepted when it has measured them", EINVAL};
    BootAccepted next = *before;
    take_components(next, present, wanted);
    take_deviations(next, view, wanted);
    take_unreplayable(next, present, wanted);
    take_secure_boot(next, present, view, wanted);
    if (wanted.any({&kinds::boot_root_unverified})) next.root = present.root;
    take_mounts(next, present, wanted);
    return next;
}

}  // namespace integrityd
