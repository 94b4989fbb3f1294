// Names of keys that sign policies: as a real TPM computes them when the key is loaded into it, and the policy with it.
#include "sources/tpm_key_name.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <catch2/catch.hpp>

#include "sources/tpm_policy.hpp"
#include "support/skip.hpp"
#include "support/swtpm.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

struct Freed {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(BIGNUM* number) const { BN_free(number); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed>;

bool can_run() {
    const bool tools = std::system("command -v tpm2_policyauthorize >/dev/null 2>&1") == 0;
    return skip_unless(Swtpm::why_not().empty(), Swtpm::why_not()) && skip_unless(tools, "needs tpm2-tools");
}

Key ec_key(const char* curve) {
    return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve));
}

std::string pem_of(EVP_PKEY* key) {
    const std::unique_ptr<BIO, Freed> bio(BIO_new(BIO_s_mem()));
    REQUIRE(PEM_write_bio_PUBKEY(bio.get(), key) == 1);
    char* text = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(bio.get(), &text));
    return {text, size};
}

int bytes_of_x(const EVP_PKEY* key) {
    BIGNUM* x = nullptr;
    REQUIRE(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1);
    const std::unique_ptr<BIGNUM, Freed> held(x);
    return BN_num_bytes(held.get());
}

// A key of P-256 whose x begins with zeros: one of 256.
Key short_key() {
    for (;;) {
        Key key = ec_key("P-256");
        if (bytes_of_x(key.get()) < 32) return key;
    }
}

// tpm2-tools on a software TPM: what the TPM itself says.
struct Tools {
    Swtpm tpm;
    TemporaryDirectory directory;

    [[nodiscard]] std::string name_of(const std::string& kind, const std::string& pem) const {
        std::ofstream(directory / "key") << pem;
        run("tpm2_loadexternal -C o -G " + kind + " -u key -c object -n name -a 'userwithauth|decrypt|sign'");
        run("tpm2_flushcontext -t");
        return read("name");
    }
    // PolicyAuthorize by the key that was named last.
    [[nodiscard]] std::string policy() const {
        run("tpm2_startauthsession -S session");
        run("tpm2_policyauthorize -S session -n name -L policy");
        run("tpm2_flushcontext session");
        return read("policy");
    }

private:
    void run(const std::string& command) const {
        const std::string whole =
            "cd " + directory.path() + " && TPM2TOOLS_TCTI=" + tpm.tcti() + " " + command + " >said 2>&1";
        INFO(command);
        REQUIRE(std::system(whole.c_str()) == 0);
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream file(directory / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
};

void check_as_the_tpm_says(const Tools& tools, const std::string& kind, EVP_PKEY* key) {
    const std::string pem = pem_of(key);
    const std::string name = tools.name_of(kind, pem);
    const auto names = systemd_key_names(pem);
    REQUIRE(std::ranges::find(names, name) != names.end());
    PolicyDigest policy("sha256");
    policy.authorize(name);
    CHECK(policy.value() == tools.policy());
}

}  // namespace

TEST_CASE("the Name of a key is the one that a TPM gives it, and so is the policy that it signs", "[REQ-52]") {
    if (!can_run()) return;
    const Tools tools;
    for (const auto* const curve : {"P-256", "P-384", "P-521"}) {
        INFO(curve);
        check_as_the_tpm_says(tools, "ecc", ec_key(curve).get());
    }
    check_as_the_tpm_says(tools, "ecc", short_key().get());
    check_as_the_tpm_says(tools, "rsa", Key(EVP_RSA_gen(2048)).get());
}

TEST_CASE("a coordinate with zeros in front has two forms, any other one", "[REQ-52]") {
    const Key key = short_key();
    const auto names = systemd_key_names(pem_of(key.get()));
    REQUIRE(names.size() == 2);
    CHECK(names[0] != names[1]);
    Key whole = ec_key("P-256");
    while (systemd_key_names(pem_of(whole.get())).size() == 2)
        whole = ec_key("P-256");
    CHECK(systemd_key_names(pem_of(whole.get())).at(0).size() == 34);
}

TEST_CASE("keys that no version of systemd loads have no Name", "[REQ-52]") {
    CHECK(systemd_key_names("").empty());
    CHECK(systemd_key_names(std::string(17U << 10, 'x')).empty());
    CHECK(systemd_key_names(pem_of(ec_key("secp256k1").get())).empty());
    CHECK(systemd_key_names(pem_of(Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")).get())).empty());
    const std::string pem = pem_of(ec_key("P-256").get());
    for (std::size_t size = 0; size < pem.size() - 2; ++size)
        CHECK(systemd_key_names(pem.substr(0, size)).empty());
}
