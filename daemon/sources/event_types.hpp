// The types of boot events (TCG PC Client Platform Firmware Profile 1.06, section 10.4.1).
#pragma once

#include <cstdint>
#include <string>

namespace integrityd::event_type {

inline constexpr std::uint32_t preboot_cert = 0x0;
inline constexpr std::uint32_t post_code = 0x1;
inline constexpr std::uint32_t no_action = 0x3;
inline constexpr std::uint32_t separator = 0x4;
inline constexpr std::uint32_t action = 0x5;
inline constexpr std::uint32_t event_tag = 0x6;
inline constexpr std::uint32_t s_crtm_contents = 0x7;
inline constexpr std::uint32_t s_crtm_version = 0x8;
inline constexpr std::uint32_t cpu_microcode = 0x9;
inline constexpr std::uint32_t platform_config_flags = 0xa;
inline constexpr std::uint32_t table_of_devices = 0xb;
inline constexpr std::uint32_t compact_hash = 0xc;
inline constexpr std::uint32_t ipl = 0xd;
inline constexpr std::uint32_t ipl_partition_data = 0xe;
inline constexpr std::uint32_t nonhost_code = 0xf;
inline constexpr std::uint32_t nonhost_config = 0x10;
inline constexpr std::uint32_t nonhost_info = 0x11;
inline constexpr std::uint32_t omit_boot_device = 0x12;
inline constexpr std::uint32_t post_code2 = 0x13;
inline constexpr std::uint32_t variable_driver_config = 0x80000001;
inline constexpr std::uint32_t variable_boot = 0x80000002;
inline constexpr std::uint32_t boot_services_application = 0x80000003;
inline constexpr std::uint32_t boot_services_driver = 0x80000004;
inline constexpr std::uint32_t runtime_services_driver = 0x80000005;
inline constexpr std::uint32_t gpt_event = 0x80000006;
inline constexpr std::uint32_t efi_action = 0x80000007;
inline constexpr std::uint32_t platform_firmware_blob = 0x80000008;
inline constexpr std::uint32_t handoff_tables = 0x80000009;
inline constexpr std::uint32_t platform_firmware_blob2 = 0x8000000a;
inline constexpr std::uint32_t handoff_tables2 = 0x8000000b;
inline constexpr std::uint32_t variable_boot2 = 0x8000000c;
inline constexpr std::uint32_t gpt_event2 = 0x8000000d;
inline constexpr std::uint32_t hcrtm_event = 0x80000010;
inline constexpr std::uint32_t variable_authority = 0x800000e0;
inline constexpr std::uint32_t spdm_firmware_blob = 0x800000e1;
inline constexpr std::uint32_t spdm_firmware_config = 0x800000e2;
inline constexpr std::uint32_t spdm_device_policy = 0x800000e3;
inline constexpr std::uint32_t spdm_device_authority = 0x800000e4;

// "EV_SEPARATOR"; "0x8401" for what the specification does not know.
[[nodiscard]] std::string name(std::uint32_t type);
[[nodiscard]] bool known(std::uint32_t type);

}  // namespace integrityd::event_type
