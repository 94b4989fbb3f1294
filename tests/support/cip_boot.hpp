// The event log of a device with Secure Boot, made from what was booted, and the PCRs that it leads to.
#pragma once

#include <string>
#include <vector>

#include "sources/event_log_replay.hpp"
#include "sources/tpm.hpp"
#include "support/event_log_editor.hpp"

namespace integrityd::test {

// What EFI Boot Guard and a unified kernel image leave in the log of a device with Secure Boot; images are opaque, so
// their digest is that of what stands for them.
struct CipBoot {
    std::string loader = "efibootguard";
    std::string kernel = "kernel of slot A";
    std::string platform_key = signature_list({"platform key"});
    std::string exchange_keys = signature_list({"exchange key"});
    std::string db = signature_list({"product certificate"});
    std::string dbx = hash_list({std::string(32, '\x01'), std::string(32, '\x02')});
    bool secure = true;

    [[nodiscard]] EditedLog log() const {
        using namespace event_type;
        EditedLog log;
        log.add(0, s_crtm_version, utf16("1.2"));
        log.add(0, platform_firmware_blob, std::string(16, 'b'), "first volume");
        log.add(0, platform_firmware_blob, std::string(16, 'c'), "second volume");
        add_policy(log);
        log.add(1, variable_boot, variable_data("BootOrder", std::string(2, '\0')));
        log.add(4, efi_action, "Calling EFI Application from Boot Option");
        for (std::uint32_t pcr = 0; pcr < 7; ++pcr)
            log.add(pcr, separator, std::string(4, '\0'));
        if (secure)
            log.add(7, variable_authority, variable_data("db", std::string(16, '\x22') + "product certificate"));
        log.add(5, gpt_event, "partition table");
        log.add(4, boot_services_application, std::string(32, '\0'), loader);
        log.add(4, boot_services_application, std::string(32, '\0'), kernel);
        log.add(5, efi_action, "Exit Boot Services Invocation");
        log.add(5, efi_action, "Exit Boot Services Returned with Success");
        return log;
    }

private:
    void add_policy(EditedLog& log) const {
        using namespace event_type;
        log.add(7, variable_driver_config, variable_data("SecureBoot", secure ? "\x01" : std::string(1, '\0')));
        log.add(7, variable_driver_config, variable_data("PK", platform_key));
        log.add(7, variable_driver_config, variable_data("KEK", exchange_keys));
        log.add(7, variable_driver_config, variable_data("db", db));
        log.add(7, variable_driver_config, variable_data("dbx", dbx));
        log.add(7, separator, std::string(4, '\0'));
    }
};

// The PCRs that a TPM has after this log, in every bank of it.
inline std::vector<PcrBank> pcrs_after(const std::string& bytes) {
    std::vector<PcrBank> banks;
    const Replay replay = replay_event_log(parse_event_log(bytes));
    for (const ReplayedBank& bank : replay.banks) {
        PcrBank& made = banks.emplace_back();
        made.algorithm = static_cast<TpmHash>(bank.algorithm);
        for (std::uint32_t pcr = 0; pcr < most_pcrs; ++pcr)
            made.values[pcr] = std::string(bank.value(pcr).view());
    }
    return banks;
}

}  // namespace integrityd::test
