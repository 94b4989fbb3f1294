// integrityctl tpm, on a real software TPM: without a daemon, and with a manager that the test scripts.
#include <unistd.h>

#include <catch2/catch.hpp>

#include "ctl.hpp"
#include "support/skip.hpp"
#include "support/swtpm.hpp"

using namespace integrityd::test;

namespace {

const std::string digest(64, 'a');

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// Provisioning needs root, and a TPM.
bool cannot() {
    const std::string why = geteuid() != 0 ? "needs root" : Swtpm::why_not();
    return !skip_unless(why.empty(), why);
}

// A manager with an accepted baseline of luks, that knows the TPM as far as the test says.
struct TpmStage {
    PrivateBus bus;
    FakeStore store;
    FakeManager manager{store};
    Swtpm swtpm;
    std::string provisioned = "true";
    std::string accepted;

    TpmStage() {
        manager.lie = [this](sd_bus_message* call, const std::string& member) { return answer(call, member); };
    }
    sd_bus_message* answer(sd_bus_message* call, const std::string& member) {
        if (member == "AcceptBaseline") accepted = "luks";
        if (member == "DiffBaseline") {
            sd_bus_message* reply = nullptr;
            REQUIRE(sd_bus_message_new_method_return(call, &reply) >= 0);
            REQUIRE(sd_bus_message_append(reply, "ss", R"({"accepted":true,"differences":{"tpm":1}})", "d2") >= 0);
            return reply;
        }
        if (member != "GetReport") return nullptr;
        const char* topic = nullptr;
        REQUIRE(sd_bus_message_read(call, "s", &topic) >= 0);
        if (std::string(topic) == "baseline")
            return answer_text(call, R"({"luks":{"content":{},"digest":")" + digest + R"(","state":"accepted"}})");
        return answer_text(
            call, R"({"tpm":{"provisioned":)" + provisioned + R"(,"state":"there","tcti":")" + swtpm.tcti() + R"("}})");
    }
    Ran run(const Words& words) { return run_ctl(&manager, words); }
    // As the TPM itself has it.
    std::map<std::string, std::string> tpm() {
        return json_of(run_ctl(nullptr, {"tpm", "show", "--json", "--tcti", swtpm.tcti()}).out);
    }
};

}  // namespace

TEST_CASE("The TPM is shown without a daemon", "[ctl]") {
    if (!skip_unless(Swtpm::why_not().empty(), Swtpm::why_not())) return;
    const PrivateBus bus;
    Swtpm swtpm;
    const Ran shown = run_ctl(nullptr, {"tpm", "show", "--tcti", swtpm.tcti()});
    CHECK(shown.code == 0);
    CHECK(has(shown.out, "lockout_limit"));
    CHECK(has(shown.out, "Weaker: the owner authorisation is empty"));
    CHECK(shown.error.empty());
    auto json = json_of(run_ctl(nullptr, {"tpm", "show", "--json", "--tcti", swtpm.tcti()}).out);
    CHECK(json["state"] == "there");
    CHECK(json["banks[1].bank"] == "sha256");
    CHECK(json["banks[1].uninitialised"] == "true");
    CHECK(json["provisioned"] == "false");
    swtpm.kill();
    const Ran missing = run_ctl(nullptr, {"tpm", "show", "--tcti", swtpm.tcti()});
    CHECK(missing.code == 1);
    CHECK(has(missing.out, "missing"));
}

TEST_CASE("The daemon's view of the TPM is shown where there is one", "[ctl]") {
    if (!skip_unless(Swtpm::why_not().empty(), Swtpm::why_not())) return;
    TpmStage stage;
    CHECK(has(stage.run({"tpm", "show"}).out, stage.swtpm.tcti()));
}

TEST_CASE("The TPM is provisioned, sealed and left as it was", "[ctl][REQ-62]") {
    if (cannot()) return;
    TpmStage stage;
    CHECK(stage.run({"tpm", "seal"}).code == 1);
    CHECK(stage.run({"tpm", "provision"}).code == 0);
    CHECK(stage.manager.last_arguments["Check"] == "luks");
    CHECK(stage.tpm()["provisioned"] == "true");
    CHECK(stage.tpm()["digest"].empty());
    const Ran sealed = stage.run({"tpm", "seal"});
    CHECK(sealed.code == 0);
    CHECK(has(sealed.out, "holds the digest of the accepted baseline of luks"));
    CHECK(stage.manager.last_arguments["Check"] == "luks");
    CHECK(stage.tpm()["digest"] == digest);
    const std::string seals = stage.tpm()["seals"];
    CHECK(json_of(stage.run({"tpm", "seal", "--json"}).out)["seals"] == std::to_string(std::stoul(seals) + 1));
    CHECK(stage.run({"tpm", "unprovision"}).code == 0);
    CHECK(stage.tpm()["provisioned"] == "false");
}

TEST_CASE("Accepting the baseline of luks as root writes its digest into a provisioned TPM", "[ctl][REQ-62]") {
    if (cannot()) return;
    TpmStage stage;
    REQUIRE(stage.run({"tpm", "provision"}).code == 0);
    const Ran done = stage.run({"baseline", "accept", "luks", "--yes"});
    CHECK(done.code == 0);
    CHECK(stage.accepted == "luks");
    CHECK(has(done.error, "the TPM holds the digest of this baseline"));
    CHECK(stage.tpm()["digest"] == digest);
    // An owner's authorisation that it does not have is no failure of the acceptance.
    stage.swtpm.set_owner_auth("mine");
    const Ran refused = stage.run({"baseline", "accept", "luks", "--yes"});
    CHECK(refused.code == 0);
    CHECK(has(refused.error, "--owner-auth FILE"));
    CHECK(run_ctl(&stage.manager, {"tpm", "seal", "--owner-auth", "-"}, "mine\n").code == 0);
    CHECK(stage.run({"tpm", "seal", "--owner-auth", "/nonexistent"}).code == 1);
    // A TPM that holds nothing is left alone.
    stage.provisioned = "false";
    CHECK(stage.run({"baseline", "accept", "luks", "--yes"}).error.empty());
}
