// What an endpoint would also accept, and that the local openssl.cnf decides nothing.
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include "sources/tls_suites.hpp"
#include "unit/watchers/tls_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

std::string names(const TlsDevice& device, const std::string& kind) {
    if (!device.has(kind)) return "";
    std::string all;
    for (const auto& each : *device.present.get(kind, "server").evidence.at("accepted").get<ValueList>())
        all += (all.empty() ? "" : " ") + std::string(each.get<ValueMap>()->at("name").text());
    return all;
}

const TlsFiles& rsa_files(const TlsDevice& device) {
    static TlsFiles files;
    files = device.authority.issue("server", {.key = "rsa:2048"});
    return files;
}

}  // namespace

TEST_CASE("A lax server is found out, a strict one is not accused", "[REQ-76]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    device.config.tls.policy = "bsi-tr-02102-2";
    SECTION("everything that OpenSSL has") {
        const TlsServer server(
            rsa_files(device),
            {"-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0", "-ciphersuites",
             "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_8_SHA256", "-min_protocol", "TLSv1"});
        device.add("server", server.address()).probe = TlsProbe::full;
        device.start();
        CHECK(names(device, "tls.protocol.weak") == "TLS 1.0 TLS 1.1");
        const auto weak = names(device, "tls.cipher.weak");
        INFO(weak);
        CHECK(weak.find("NULL") != std::string::npos);
        CHECK(weak.find("_anon_") != std::string::npos);
        CHECK(weak.find("TLS_RSA_WITH_") != std::string::npos);
        CHECK(weak.find("CBC_SHA ") != std::string::npos);
        const auto fair = names(device, "tls.cipher.not-recommended");
        INFO(fair);
        CHECK(fair.find("TLS_CHACHA20_POLY1305_SHA256") != std::string::npos);
        CHECK(fair.find("TLS_AES_128_CCM_8_SHA256") != std::string::npos);
        CHECK(names(device, "tls.group.not-recommended").find("x25519") != std::string::npos);
        CHECK(device.has("tls.certificate.not-recommended"));
    }
    SECTION("nothing but the policy's") {
        TlsWish wish;
        const TlsServer server(device.authority.issue("strict", wish),
                               {"-cipher", "ECDHE+AESGCM", "-ciphersuites",
                                "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256", "-groups", "P-256:P-384"});
        device.add("server", server.address()).probe = TlsProbe::full;
        device.start();
        for (const auto& each : device.findings())
            UNSCOPED_INFO(each);
        CHECK(device.findings().empty());
    }
    CHECK(device.watcher->counters().at("handshakes") <= most_tls_connections);
    CHECK(device.watcher->counters().at("handshakes") > 10);
}

TEST_CASE("A server that has had enough connections has not refused what it closes", "[REQ-76]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const TlsServer server(device.authority.issue("server"), {"-cipher", "ALL:@SECLEVEL=0", "-min_protocol", "TLSv1"});
    StubBehaviour behaviour;
    behaviour.upstream = server.port();
    behaviour.then = StubBehaviour::Then::close;
    TlsStub stub(device.loop, behaviour);
    device.add("server", stub.address()).probe = TlsProbe::full;
    device.start();
    REQUIRE(device.has("tls.protocol.weak"));
    const auto told = device.findings();
    const auto connections = device.watcher->counters().at("handshakes");
    // The look itself is served, and of the trials a few.
    behaviour.serves = GENERATE(1U, 4U);
    stub.behave(behaviour);
    device.check();
    CHECK(device.findings() == told);
    CHECK(device.watcher->counters().at("handshakes") == 2 * connections + 1);
}

TEST_CASE("How far is looked depends on the endpoint: this device's own listener is tried, another's server is not") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const TlsServer server(device.authority.issue("server"));
    device.add("own", server.address()).probe = TlsProbe::automatic;
    device.start();
    const auto with_trials = device.watcher->counters().at("handshakes");
    CHECK(with_trials > 1);
    device.config.tls.endpoints.front().probe = TlsProbe::negotiated;
    device.start();
    CHECK(device.watcher->counters().at("handshakes") == 1);
}

TEST_CASE("No policy asks for more connections than an endpoint is to bear", "[REQ-82]") {
    for (const auto* const name : {"bsi-tr-02102-2", "mozilla-intermediate"}) {
        auto policy = *load_tls_policy(name, std::string(INTEGRITYD_SOURCE_ROOT) + "/policy/tls");
        for (const auto* const curve : {"", "prime256v1"})
            CHECK(plan_trials(policy, 1'800'000'000, curve).size() + 2 < most_tls_connections);
        // One that recommends nothing asks for every class there is.
        policy.protocols.clear();
        policy.ciphers.clear();
        policy.groups.clear();
        CHECK(plan_trials(policy, 1'800'000'000, "").size() + 2 <= most_tls_connections);
    }
}

TEST_CASE("A trial counts as accepted only if the server said so itself") {
    TlsTrial trial{
        "TLS 1.0", TlsTrialAbout::protocol, {tls_version::tls10, tls_version::tls10, "", "", "", TlsStop::hello}, {}};
    TlsSeen seen;
    const auto verdict = [&] { return judge_trial(trial, seen).verdict; };
    seen.outcome = TlsOutcome::local;
    seen.hello = true;
    seen.version = tls_version::tls10;
    CHECK(verdict() == TlsTrialVerdict::accepted);
    seen.version = tls_version::ssl3;
    CHECK(verdict() == TlsTrialVerdict::refused);
    seen.hello = false;
    for (const auto outcome : {TlsOutcome::alert, TlsOutcome::closed}) {
        seen.outcome = outcome;
        CHECK(verdict() == TlsTrialVerdict::refused);
    }
    for (const auto outcome : {TlsOutcome::timeout, TlsOutcome::refused, TlsOutcome::local, TlsOutcome::malformed,
                               TlsOutcome::no_route, TlsOutcome::starttls}) {
        seen.outcome = outcome;
        CHECK(verdict() == TlsTrialVerdict::inconclusive);
    }
    trial.about = TlsTrialAbout::group;
    trial.groups = {29};
    seen.hello = true;
    seen.version = tls_version::tls10;
    seen.group = 23;
    CHECK(judge_trial(trial, seen).reason == "the server chose secp256r1");
    seen.group = 29;
    CHECK(verdict() == TlsTrialVerdict::accepted);
}

TEST_CASE("What OpenSSL here cannot offer is said") {
    const auto& missing = not_offerable();
    CHECK(missing.front() == "SSL 3.0");
    CHECK_FALSE(suite_classes().empty());
}

TEST_CASE("A strict and a lax openssl.cnf give the same findings", "[REQ-76]") {
    if (!can_serve_tls()) return;
    // OpenSSL reads its file once a process: each has a child of its own.
    const TemporaryDirectory directory;
    const auto write =
        [&](const std::string& name, const std::string& settings) {
            std::ofstream(directory / name)
                << "openssl_conf = conf\n[conf]\nssl_conf = ssl\n[ssl]\nsystem_default = sys\n[sys]\n"
                << settings;
            return directory / name;
        };
    const std::string strict =
        write("strict",
              "MinProtocol = TLSv1.3\nCipherString = HIGH@SECLEVEL=4\nGroups = P-521\n"
              "SignatureAlgorithms = ECDSA+SHA512\nOptions = NoRenegotiation,NoResumptionOnRenegotiation\n"
              "Ciphersuites = TLS_AES_256_GCM_SHA384\n");
    const std::string lax =
        write("lax",
              "MinProtocol = None\nCipherString = ALL:COMPLEMENTOFALL@SECLEVEL=0\nProtocol = -TLSv1.3\n"
              "Options = UnsafeLegacyRenegotiation\nMaxProtocol = TLSv1.2\n");
    std::vector<std::string> told;
    for (const auto& file : {strict, lax, std::string("/dev/null")}) {
        const std::string out = directory / "out";
        const pid_t child = fork();
        if (child == 0) {
            ::setenv("OPENSSL_CONF", file.c_str(), 1);
            ::setenv("INTEGRITYD_TEST_FINDINGS", out.c_str(), 1);
            ::execl("/proc/self/exe", "unit-tls-watcher", "findings of one child", static_cast<char*>(nullptr));
            _exit(127);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        CHECK(status == 0);
        std::ifstream in(out);
        told.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    CHECK(told[0].find("tls.protocol.weak") != std::string::npos);
    CHECK(told[0] == told[2]);
    CHECK(told[1] == told[2]);
}

// Runs only as a child of the test above.
TEST_CASE("findings of one child", "[.]") {
    const char* const out = std::getenv("INTEGRITYD_TEST_FINDINGS");
    REQUIRE(out != nullptr);
    TlsDevice device;
    device.config.tls.policy = "bsi-tr-02102-2";
    const TlsServer server(rsa_files(device), {"-cipher", "ALL:@SECLEVEL=0", "-min_protocol", "TLSv1"});
    device.add("server", server.address()).probe = TlsProbe::full;
    device.start();
    std::ofstream file(out);
    for (const auto& each : device.findings())
        file << each << "\n";
}
