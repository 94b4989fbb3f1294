// The TPM as the daemon reads it on the device: through the real broker, with a real software TPM behind it.
#include <cerrno>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/opener.hpp"
#include "core/tpm_link.hpp"
#include "sources/tpm_esys.hpp"
#include "sources/tpm_reading.hpp"
#include "sources/tpm_seal.hpp"
#include "support/broker_process.hpp"
#include "support/skip.hpp"
#include "support/swtpm.hpp"

using namespace integrityd;
using namespace integrityd::test;
using namespace std::chrono_literals;

namespace {

bool possible() {
    const std::string why = geteuid() != 0 ? "needs root" : Swtpm::why_not();
    return skip_unless(why.empty(), why);
}

std::string write_config(const TemporaryDirectory& directory, const std::string& tcti) {
    const std::string path = directory / "integrityd.toml";
    std::ofstream(path) << "[aide]\ndatabase = \"" << directory / "aide.db"
                        << "\"\n[tpm]\ntcti = \"" << tcti << "\"\n";
    std::ofstream(directory / "aide.db") << "database";
    for (const std::string& file : {path, directory / "aide.db"})
        (void)chmod(file.c_str(), 0600);
    return path;
}

struct Way {
    TemporaryDirectory directory;
    Swtpm swtpm;
    BrokerProcess broker{directory / "broker", write_config(directory, swtpm.tcti()), geteuid()};
    std::unique_ptr<Opener> opener = make_broker_opener(broker.socket_path());

    EsysTpm tpm(std::chrono::milliseconds deadline = 30s) {
        return EsysTpm([this] { return opener->tpm_commands(); }, deadline);
    }
};

}  // namespace

TEST_CASE("the broker lets the daemon read all that a look needs", "[REQ-60]") {
    if (!possible()) return;
    Way way;
    way.swtpm.measure_boot();
    TpmSeal seal(tpm_opener(way.swtpm.tcti()), "");
    REQUIRE(seal.provision());
    REQUIRE(seal.seal(std::string(32, 'a')));
    EsysTpm through = way.tpm();
    EsysTpm direct(tpm_opener(way.swtpm.tcti()));
    const TpmReading reading = read_tpm(through);
    REQUIRE_FALSE(reading.failure);
    CHECK(reading.banks == read_tpm(direct).banks);
    CHECK(reading.banks.size() == 4);
    CHECK(reading.facts.manufacturer == "IBM");
    REQUIRE(reading.digest);
    CHECK(reading.digest->data == std::string(32, 'a'));
    CHECK(seal_count(reading));
}

TEST_CASE("who has the daemon's socket cannot clear the TPM, nor read another's secret", "[REQ-60]") {
    if (!possible()) return;
    Way way;
    way.swtpm.reset();
    const auto resets = way.tpm().read_facts();
    REQUIRE(resets);
    CHECK(resets->reset_count > 0);
    // TPM2_Clear by the empty lockout authorisation.
    const TpmBytes clear = {0x80, 0x02, 0, 0, 0,    27, 0, 0, 1, 0x26, 0x40, 0, 0, 0x0a,
                            0,    0,    0, 9, 0x40, 0,  0, 9, 0, 0,    0,    0, 0};
    auto socket = way.opener->tpm_commands();
    REQUIRE(socket);
    TpmLink link(std::move(*socket));
    const auto answer = link.exchange(clear, std::chrono::steady_clock::now() + 30s);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == EPERM);
    CHECK(way.tpm().read_facts()->reset_count == resets->reset_count);
    // An index that is not ours is named, and not read.
    way.swtpm.authorise_wrongly();
    CHECK(way.tpm().read_nv(0x01c00002).error().code == ENOENT);
}

TEST_CASE("a TPM that hangs holds up neither the broker nor the next look when it goes on", "[REQ-35]") {
    if (!possible()) return;
    Way way;
    REQUIRE(way.tpm().read_facts());
    way.swtpm.hang();
    CHECK(way.tpm(50ms).read_facts().error().code == ETIMEDOUT);
    // The broker's process for it still waits; others are served by the broker itself, within their patience.
    for (int i = 0; i < 10; ++i)
        CHECK(way.opener->open(Resource::aide_database));
    way.swtpm.go_on();
    CHECK(way.tpm().read_facts());
}

TEST_CASE("a broker that is not there is no missing TPM") {
    if (!possible()) return;
    Way way;
    way.broker.stop();
    const auto unreachable = way.tpm().read_facts();
    REQUIRE_FALSE(unreachable);
    CHECK(unreachable.error().code != ENODEV);
    way.broker.start();
    way.swtpm.kill();
    CHECK(way.tpm().read_facts().error().code == ENODEV);
}
