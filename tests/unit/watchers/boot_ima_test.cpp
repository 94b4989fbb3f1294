// The kernel's list of measured files: followed, altered, gone, and without a TPM that says what PCR 10 is.
#include <catch2/catch.hpp>

#include "unit/watchers/ima_list.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

using Told = std::vector<std::string>;

const Told contradicted = {"boot.ima.mismatch pcr10"};

bool matches(const BootDevice& device) {
    return device.watcher->report()->at("ima").get<ValueMap>()->at("matches") == Value(true);
}

// A device whose list is followed, and holds.
struct MeasuredDevice : BootDevice {
    ImaList list{*this, ""};

    MeasuredDevice() {
        boot(CipBoot());
        accept();
        stop();
        list.measure("boot_aggregate");
        list.measure("/usr/bin/one");
        clock.boot_id_ = "with ima";
    }
};

}  // namespace

TEST_CASE("files that IMA measures move PCR 10, and nothing else may") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    ImaList list{device, ""};
    device.stop();
    list.measure("boot_aggregate");
    list.measure("/usr/bin/one");
    device.clock.boot_id_ = "with ima";
    device.start();
    CHECK(device.held().empty());
    list.measure("/usr/bin/two");
    device.interval();
    CHECK(device.held().empty());
    CHECK(device.watcher->counters().at("ima_entries") == 3);
    list.measure("/usr/bin/written", true);
    device.interval();
    CHECK(device.held() == Told{"boot.ima.violation /usr/bin/written"});
    device.extend(10, "not in the list");
    device.interval();
    CHECK(device.held() == Told{"boot.ima.mismatch pcr10", "boot.ima.violation /usr/bin/written"});
}

TEST_CASE("an altered list of measured files is told by its entry, and one of another boot by its first") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    ImaList list{device, ""};
    list.measure("boot_aggregate");
    list.measure("/usr/bin/one");
    list.bytes[list.bytes.size() - 2] = 'X';
    device.write("binary_runtime_measurements", list.bytes);
    device.interval();
    CHECK(device.present.has("boot.ima.mismatch", "entries"));
    CHECK(device.present.has("boot.ima.mismatch", "pcr10"));
    CipBoot other;
    other.kernel = "other";
    device.boot(other);
    CHECK(device.present.has("boot.ima.mismatch", "boot_aggregate"));
}

TEST_CASE("without IMA PCR 10 must not move") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    device.extend(10, "something");
    device.interval();
    CHECK(device.held() == Told{"boot.pcr.extended pcr10"});
}

TEST_CASE("where IMA's list cannot be read that is said, and PCR 10 is no alarm") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    device.stop();
    std::filesystem::create_directory(device.config.boot.ima_log);
    device.extend(10, "boot_aggregate and a module");
    device.start();
    CHECK(device.held().empty());
    CHECK_FALSE(device.present.health_now.can_look);
}

TEST_CASE("a TPM that does not answer at first leaves the list unread, and not unwatched", "[REQ-67]") {
    MeasuredDevice device;
    device.tpm->error = Error{"it does not answer", ETIMEDOUT};
    device.start();
    CHECK_FALSE(matches(device));
    device.tpm->error.reset();
    device.interval();
    CHECK(matches(device));
    device.extend(10, "not in the list");
    device.interval();
    CHECK(device.held() == contradicted);
    // Silent again, it takes nothing back.
    device.tpm->error = Error{"it does not answer", ETIMEDOUT};
    device.stop();
    device.start();
    CHECK(device.held() == contradicted);
}

TEST_CASE("a bank that the TPM shows later is held against the whole list", "[REQ-67]") {
    MeasuredDevice device;
    const std::vector<PcrBank> both = device.tpm->pcrs;
    device.tpm->pcrs.erase(device.tpm->pcrs.begin());
    device.start();
    CHECK(device.held().empty());
    CHECK(matches(device));
    device.tpm->pcrs = both;
    device.interval();
    CHECK(matches(device));
    device.tpm->pcrs.front().values[10] = std::string(20, 'x');
    device.interval();
    CHECK(device.present.get("boot.ima.mismatch", "pcr10").evidence.at("banks") == Value(ValueList{"sha1"}));
}

TEST_CASE("a list that is gone takes back what was told of another boot, and nothing of this one", "[REQ-67]") {
    MeasuredDevice device;
    device.start();
    device.extend(10, "not in the list");
    device.interval();
    REQUIRE(device.held() == contradicted);
    std::filesystem::remove(device.config.boot.ima_log);
    device.interval();
    CHECK(device.held() == contradicted);
    device.stop();
    device.start();
    CHECK(device.present.has("boot.ima.mismatch", "pcr10"));
    device.boot(CipBoot());
    CHECK(device.held().empty());
}
