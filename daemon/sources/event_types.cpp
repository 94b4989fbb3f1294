#include "sources/event_types.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace integrityd::event_type {

namespace {

struct Named {
    std::uint32_t type;
    std::string_view name;
};

constexpr std::array named = {
    Named{preboot_cert, "EV_PREBOOT_CERT"},
    Named{post_code, "EV_POST_CODE"},
    Named{no_action, "EV_NO_ACTION"},
    Named{separator, "EV_SEPARATOR"},
    Named{action, "EV_ACTION"},
    Named{event_tag, "EV_EVENT_TAG"},
    Named{s_crtm_contents, "EV_S_CRTM_CONTENTS"},
    Named{s_crtm_version, "EV_S_CRTM_VERSION"},
    Named{cpu_microcode, "EV_CPU_MICROCODE"},
    Named{platform_config_flags, "EV_PLATFORM_CONFIG_FLAGS"},
    Named{table_of_devices, "EV_TABLE_OF_DEVICES"},
    Named{compact_hash, "EV_COMPACT_HASH"},
    Named{ipl, "EV_IPL"},
    Named{ipl_partition_data, "EV_IPL_PARTITION_DATA"},
    Named{nonhost_code, "EV_NONHOST_CODE"},
    Named{nonhost_config, "EV_NONHOST_CONFIG"},
    Named{nonhost_info, "EV_NONHOST_INFO"},
    Named{omit_boot_device, "EV_OMIT_BOOT_DEVICE_EVENTS"},
    Named{post_code2, "EV_POST_CODE2"},
    Named{variable_driver_config, "EV_EFI_VARIABLE_DRIVER_CONFIG"},
    Named{variable_boot, "EV_EFI_VARIABLE_BOOT"},
    Named{boot_services_application, "EV_EFI_BOOT_SERVICES_APPLICATION"},
    Named{boot_services_driver, "EV_EFI_BOOT_SERVICES_DRIVER"},
    Named{runtime_services_driver, "EV_EFI_RUNTIME_SERVICES_DRIVER"},
    Named{gpt_event, "EV_EFI_GPT_EVENT"},
    Named{efi_action, "EV_EFI_ACTION"},
    Named{platform_firmware_blob, "EV_EFI_PLATFORM_FIRMWARE_BLOB"},
    Named{handoff_tables, "EV_EFI_HANDOFF_TABLES"},
    Named{platform_firmware_blob2, "EV_EFI_PLATFORM_FIRMWARE_BLOB2"},
    Named{handoff_tables2, "EV_EFI_HANDOFF_TABLES2"},
    Named{variable_boot2, "EV_EFI_VARIABLE_BOOT2"},
    Named{gpt_event2, "EV_EFI_GPT_EVENT2"},
    Named{hcrtm_event, "EV_EFI_HCRTM_EVENT"},
    Named{variable_authority, "EV_EFI_VARIABLE_AUTHORITY"},
    Named{spdm_firmware_blob, "EV_EFI_SPDM_FIRMWARE_BLOB"},
    Named{spdm_firmware_config, "EV_EFI_SPDM_FIRMWARE_CONFIG"},
    Named{spdm_device_policy, "EV_EFI_SPDM_DEVICE_POLICY"},
    Named{spdm_device_authority, "EV_EFI_SPDM_DEVICE_AUTHORITY"},
};

}  // namespace

bool known(std::uint32_t type) {
    return std::ranges::find(named, type, &Named::type) != named.end();
}

std::string name(std::uint32_t type) {
    const auto* const found = std::ranges::find(named, type, &Named::type);
    if (found != named.end()) return std::string(found->name);
    std::array<char, 16> text{};
    (void)std::snprintf(text.data(), text.size(), "0x%x", type);
    return text.data();
}

}  // namespace integrityd::event_type
