// A BootWatcher on a device of the test's own: its event log, its PCRs, its IMA list, efivarfs and mount table; and
// time that the test moves.
#pragma once

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "core/memory_file.hpp"
#include "support/cip_boot.hpp"
#include "support/fake_tpm.hpp"
#include "support/forwarding_opener.hpp"
#include "support/temporary_directory.hpp"
#include "support/turn.hpp"
#include "unit/watchers/watched_device.hpp"
#include "watchers/boot/boot_watcher.hpp"

namespace integrityd::test {

// The real one, but for the table of the root's device, which a test does not have.
class BootOpener final : public ForwardingOpener {
public:
    using ForwardingOpener::ForwardingOpener;

    Result<UniqueFd> root_table() override {
        if (table_error != 0) return Error{"device-mapper: refused", table_error};
        return make_sealed_file("table", table);
    }

    std::string table;
    int table_error = ENXIO;
};

struct BootDevice : WatchedDevice {
    TemporaryDirectory directory{memory_path()};
    std::shared_ptr<FakeTpm> tpm = std::make_shared<FakeTpm>();
    std::shared_ptr<Tpm> real_tpm;  // takes the fake one's place
    std::unique_ptr<BootOpener> opener;
    std::unique_ptr<BootWatcher> watcher;

    BootDevice() {
        config.boot.event_log = directory / "binary_bios_measurements";
        config.boot.ima_log = directory / "binary_runtime_measurements";
        config.boot.efivars = "/efivars";
        std::filesystem::create_directories(directory / "efivars");
        std::filesystem::create_directories(directory / "boot/EFI/BOOT");
        std::filesystem::create_directories(directory / "proc/1");
        make_opener();
    }
    // Again when the configuration is another.
    void make_opener() { opener = std::make_unique<BootOpener>(direct_opener()); }
    // As `dmsetup table` says it.
    void put_root_on(const std::string& target) const {
        opener->table = "device 254:0 CRYPT-VERITY-0123-rootfs\n0 8192 " + target + "\n";
        opener->table_error = 0;
    }
    void put_root_on_verity(const std::string& hash, const std::string& options = "") const {
        put_root_on("verity 1 254:1 254:1 4096 4096 1024 1025 sha256 " + hash + " -" + options);
    }
    // Log and TPM of this boot; a restarted device has another boot id.
    void boot(const EditedLog& log) {
        stop();
        write_log(log.bytes());
        tpm->pcrs = pcrs_after(log.bytes());
        clock.boot_id_ = "boot " + std::to_string(++boots_);
        start();
    }
    void boot(const CipBoot& boot_of) { boot(boot_of.log()); }
    // The log is another than what was measured.
    void boot(const EditedLog& measured, const EditedLog& written) {
        stop();
        write_log(written.bytes());
        tpm->pcrs = pcrs_after(measured.bytes());
        clock.boot_id_ = "boot " + std::to_string(++boots_);
        start();
    }
    void write_log(const std::string& bytes) const { write("binary_bios_measurements", bytes); }
    void write(const std::string& name, const std::string& bytes) const {
        std::ofstream(directory / name, std::ios::binary) << bytes;
    }
    void set_variable(const std::string& name, const std::string& value) const {
        const bool images = name == "db" || name == "dbx";
        write("efivars/" + name + "-" +
                  (images ? "d719b2cb-3d3a-4596-a3bc-dad00e67656f" : "8be4df61-93ca-11d2-aa0d-00e098032b8c"),
              std::string("\x27\0\0\0", 4) + value);
    }
    // As the boot measured them.
    void set_variables(const CipBoot& as) const {
        set_variable("SecureBoot", as.secure ? "\x01" : std::string(1, '\0'));
        set_variable("SetupMode", std::string(1, '\0'));
        set_variable("PK", as.platform_key);
        set_variable("KEK", as.exchange_keys);
        set_variable("db", as.db);
        set_variable("dbx", as.dbx);
    }
    // In every bank, as TPM2_PCR_Event.
    void extend(std::uint32_t pcr, const std::string& data) const {
        for (PcrBank& bank : tpm->pcrs) {
            const auto algorithm = static_cast<HashAlgorithm>(bank.algorithm);
            TcgDigest value(bank.values[pcr]);
            auto hash = *TcgHash::make(algorithm);
            hash.extend(value, digest_of(algorithm, data));
            bank.values[pcr] = std::string(value.view());
        }
    }

    void start() {
        watcher = std::make_unique<BootWatcher>(
            context(*opener), BootWorld{real_tpm ? real_tpm : tpm, directory.path(), {directory / "boot"}});
        watcher->start();
        turn();
    }
    void stop() {
        watcher.reset();
        turn();
    }
    void turn() { turn_until_quiet(loop, worker); }
    // One interval passes.
    void interval() {
        loop.advance(config.boot.interval);
        turn();
    }
    void accept() {
        const auto diff = watcher->diff_baseline();
        INFO((diff ? "" : diff.error().message));
        REQUIRE(diff);
        REQUIRE(watcher->accept_baseline(diff->digest, Wanted()));
        turn();
    }
    // "KIND SUBJECT" of what holds, in order.
    [[nodiscard]] std::vector<std::string> held() const {
        std::vector<std::string> out;
        for (const auto& [key, seen] : present.held)
            out.push_back(key.first + " " + key.second);
        return out;
    }

private:
    int boots_ = 0;
};

}  // namespace integrityd::test
