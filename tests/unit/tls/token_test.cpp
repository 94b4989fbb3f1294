// A client's key that never leaves its token: a real TPM in software (swtpm), reached through the provider tpm2 of
// OpenSSL, as Debian 12 has it.
#include <cstdlib>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include "support/skip.hpp"
#include "support/swtpm.hpp"
#include "support/tls_rig.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

constexpr const char* provider = "/usr/lib/x86_64-linux-gnu/ossl-modules/tpm2.so";
constexpr const char* handle = "handle:0x81000001";
// The first deadline of a token that hangs; twice as long each time, until a handshake has come so far as to ask it.
constexpr Duration short_time = std::chrono::milliseconds(500);

bool can_use_token() {
    return skip_unless(have_openssl(), "needs openssl") && skip_unless(Swtpm::why_not().empty(), Swtpm::why_not()) &&
           skip_unless(access("/usr/bin/tpm2_evictcontrol", X_OK) == 0, "needs tpm2-tools") &&
           skip_unless(access(provider, R_OK) == 0, "needs tpm2-openssl");
}

// What OpenSSL and the provider read of the environment, for as long as it lives.
class Environment {
public:
    Environment(const std::string& configuration, const std::string& tcti) {
        ::setenv("OPENSSL_CONF", configuration.c_str(), 1);
        ::setenv("TPM2OPENSSL_TCTI", tcti.c_str(), 1);
        ::setenv("TSS2_LOG", "all+none", 1);
    }
    ~Environment() {
        for (const auto* const name : {"OPENSSL_CONF", "TPM2OPENSSL_TCTI", "TSS2_LOG"})
            ::unsetenv(name);
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
};

// A TPM with a key that signs, and a certificate for it.
struct Token {
    TemporaryDirectory directory;
    Swtpm tpm;
    std::string certificate = directory / "device.pem";

    Token() {
        run("tpm2_createprimary -Q -C o -G ecc -c primary && tpm2_flushcontext -t");
        run("tpm2_create -Q -C primary -G ecc:ecdsa -u public -r private && tpm2_flushcontext -t");
        run("tpm2_load -Q -C primary -u public -r private -c key && tpm2_flushcontext -t");
        run("tpm2_evictcontrol -Q -C o -c key 0x81000001 && tpm2_flushcontext -t");
        run("openssl req -new -x509 -provider tpm2 -provider default -propquery '?provider=tpm2' -subj /CN=device "
            "-days 9 -key " +
            std::string(handle) + " -out " + certificate + " && tpm2_flushcontext -t");
    }
    void run(const std::string& command) const {
        const std::string tcti = "TPM2TOOLS_TCTI=" + tpm.tcti() + " TPM2OPENSSL_TCTI=" + tpm.tcti();
        const std::string line =
            "cd " + directory.path() + " && export " + tcti + " && { " + command + "; } >/dev/null 2>errors";
        const int status = std::system(line.c_str());
        std::ifstream errors(directory / "errors");
        INFO(command << ": " << std::string(std::istreambuf_iterator<char>(errors), {}));
        REQUIRE(status == 0);
    }
    // As the manual says; `more` settings beside it.
    [[nodiscard]] Result<std::shared_ptr<TlsContext>> open(const std::string& key, const std::string& more = "") const {
        std::ofstream(directory / "openssl.cnf")
            << "openssl_conf = init\n[init]\nproviders = providers\n"
            << more << "[providers]\ndefault = on\ntpm2 = on\n[on]\nactivate = 1\n";
        const Environment environment(directory / "openssl.cnf", tpm.tcti());
        return TlsContext::make({certificate, key});
    }
};

}  // namespace

TEST_CASE("A client's key in a TPM signs the handshake, and OpenSSL's configuration decides nothing else") {
    if (!can_use_token()) return;
    const auto more = GENERATE(std::string(""), std::string("alg_section = algorithms\n[algorithms]\n"
                                                            "default_properties = ?provider=tpm2\n"));
    const auto version = GENERATE(std::string("-tls1_2"), std::string("-tls1_3"));
    TlsRig rig;
    const Token token;
    const TlsServer server(rig.authority.issue("server"),
                           {version, "-Verify", "1", "-CAfile", token.certificate, "-verify_return_error"});
    CHECK(rig.probe(server.address()).refuses_client);
    auto context = token.open(handle, more);
    INFO((context.ok() ? "" : context.error().message));
    REQUIRE(context.ok());
    rig.context = std::move(*context);
    const auto worker = make_thread_worker(rig.loop);
    rig.tokens = worker.get();
    const auto seen = rig.probe(server.address());
    INFO(version << ": " << seen.reason);
    CHECK(seen.outcome == TlsOutcome::finished);
    CHECK(seen.asks_client_certificate);
    CHECK_FALSE(seen.refuses_client);
}

TEST_CASE("A token that hangs costs its endpoint one deadline, and the loop goes on") {
    if (!can_use_token()) return;
    TlsRig rig;
    const Token token;
    const TlsServer server(rig.authority.issue("server"), {"-Verify", "1", "-CAfile", token.certificate});
    auto context = token.open(handle);
    REQUIRE(context.ok());
    rig.context = std::move(*context);
    const auto worker = make_thread_worker(rig.loop);
    rig.tokens = worker.get();
    TlsSeen seen;
    for (rig.timeout = short_time; seen.outcome != TlsOutcome::local && rig.timeout < failure_bound; rig.timeout *= 2) {
        token.tpm.hang();
        seen = rig.probe(server.address());
        token.tpm.go_on();
    }
    CHECK(seen.outcome == TlsOutcome::local);
    CHECK(seen.reason == "the token of the client's key did not answer in time");
    // Its lane is free again, and nobody is called who has gone.
    bool is_free = false;
    REQUIRE(worker->run(
        Lane::tokens, [] { return true; }, [&](bool result) { is_free = result; }));
    CHECK(turn_until(rig.loop, [&] { return is_free; }));
}

TEST_CASE("A key that the token does not have, or no provider opens, is told with its name") {
    if (!can_use_token()) return;
    TlsRig rig;
    const Token token;
    CHECK(token.open(handle).ok());
    const auto missing = token.open("handle:0x81000077");
    REQUIRE_FALSE(missing.ok());
    CHECK(missing.error().message.find("handle:0x81000077") == 0);
    const auto strange = token.open("pkcs11:token=product;object=tls");
    REQUIRE_FALSE(strange.ok());
    CHECK(strange.error().message.find("pkcs11:token=product") == 0);
}
