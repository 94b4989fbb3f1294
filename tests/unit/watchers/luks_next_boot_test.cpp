// Volumes on a device whose next boot will measure something else than this one did.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "core/canonical_json.hpp"
#include "sources/tpm_policy.hpp"
#include "support/cip_boot.hpp"
#include "support/luks_maker.hpp"
#include "unit/watchers/luks_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

using Kinds = std::set<std::string>;

// A volume sealed to PCR 7 of a device with Secure Boot, whose variables are those that were measured.
struct MeasuredVolume : LuksDevice {
    CipBoot boot;

    MeasuredVolume() {
        config.boot.event_log = directory / "event-log";
        std::ofstream(config.boot.event_log, std::ios::binary) << boot.log().bytes();
        tpm->pcrs = pcrs_after(boot.log().bytes());
        std::filesystem::create_directories(directory.path() + config.boot.efivars);
        set_variable("PK-8be4df61-93ca-11d2-aa0d-00e098032b8c", boot.platform_key);
        set_variable("KEK-8be4df61-93ca-11d2-aa0d-00e098032b8c", boot.exchange_keys);
        set_variable("db-d719b2cb-3d3a-4596-a3bc-dad00e67656f", boot.db);
        set_dbx(boot.dbx);
        seal(tpm->pcrs);
        start();
        accept();
    }
    void set_variable(const std::string& file, const std::string& value) const {
        std::ofstream(directory.path() + config.boot.efivars + "/" + file, std::ios::binary)
            << std::string("\x27\0\0\0", 4) + value;
    }
    void set_dbx(const std::string& value) const { set_variable("dbx-d719b2cb-3d3a-4596-a3bc-dad00e67656f", value); }
    // The header that a real TPM sealed, as if the PCRs had been these.
    void seal(const std::vector<PcrBank>& pcrs) const {
        const std::string header = luks_vector("good");
        const std::size_t begin = header.find('{');
        std::string json = header.substr(begin, header.find('\0', begin) - begin);
        const std::string before = policy_of(enrolment_pcrs());
        const std::string policy = policy_of(pcrs);
        const std::string member = "\"tpm2-blob\":\"";
        const std::size_t from = json.find(member) + member.size();
        const std::string text = json.substr(from, json.find('"', from) - from);
        std::string blob = from_base64(text).value();
        blob.replace(blob.find(before), before.size(), policy);
        json.replace(from, text.size(), to_base64(blob));
        json.replace(json.find(to_hex(before)), 2 * before.size(), to_hex(policy));
        put(LuksMaker().area(json));
    }
    static std::string policy_of(const std::vector<PcrBank>& pcrs) {
        const auto bank = std::ranges::find(pcrs, TpmHash::sha256, &PcrBank::algorithm);
        PolicyDigest policy("sha256");
        REQUIRE(policy.pcr(*bank, {7}));
        return policy.value();
    }
    // What fwupd does with it.
    [[nodiscard]] std::string grown_dbx() const { return boot.dbx + hash_list({std::string(32, '\x03')}); }
};

}  // namespace

TEST_CASE("a dbx that has grown is told before the reboot, where a volume is sealed to what was measured", "[REQ-52]") {
    if (!have_luks_vectors()) return;
    MeasuredVolume device;
    CHECK(device.kinds().empty());
    device.set_dbx(device.grown_dbx());
    device.look();
    REQUIRE(device.kinds() == Kinds{"luks.unseal.failing"});
    const std::string summary = device.present.get("luks.unseal.failing", "var").summary;
    CHECK(summary.ends_with(": PCR 7 will be another, as was changed since this boot: dbx"));
    const auto report = device.watcher->report();
    REQUIRE(report);
    CHECK(canonical_json(Value(*report)).find(R"("would_unseal":{"answer":"no")") != std::string::npos);

    SECTION("and taken back with it") {
        device.set_dbx(device.boot.dbx);
        device.look();
        CHECK(device.kinds().empty());
    }
    SECTION("and not where it is sealed to what the next boot measures") {
        CipBoot next = device.boot;
        next.dbx = device.grown_dbx();
        device.seal(pcrs_after(next.log().bytes()));
        device.look();
        CHECK_FALSE(device.kinds().contains("luks.unseal.failing"));
    }
}

TEST_CASE("what the next boot measures and cannot be read now takes nothing back", "[REQ-52]") {
    if (!have_luks_vectors()) return;
    MeasuredVolume device;
    device.set_dbx(device.grown_dbx());
    device.look();
    REQUIRE(device.kinds() == Kinds{"luks.unseal.failing"});
    const std::string efivars = device.directory.path() + device.config.boot.efivars;
    SECTION("efivarfs is unmounted") {
        std::filesystem::remove_all(efivars);
    }
    SECTION("one variable") {
        const std::string dbx = efivars + "/dbx-d719b2cb-3d3a-4596-a3bc-dad00e67656f";
        std::filesystem::remove(dbx);
        std::filesystem::create_directory(dbx);
    }
    SECTION("the log") {
        std::filesystem::remove(device.config.boot.event_log);
        std::filesystem::create_directory(device.config.boot.event_log);
    }
    device.look();
    CHECK(device.kinds() == Kinds{"luks.unseal.failing"});
    CHECK(canonical_json(Value(*device.watcher->report())).find(R"("would_unseal":{"answer":"unknown")") !=
          std::string::npos);
}
