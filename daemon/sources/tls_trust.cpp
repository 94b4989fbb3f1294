#include "sources/tls_trust.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <openssl/x509v3.h>
#include <set>

#include "core/escape.hpp"
#include "core/read_file.hpp"
#include "sources/tls_certificate.hpp"
#include "sources/tls_names.hpp"
#include "sources/tls_ocsp.hpp"
#include "sources/tls_openssl.hpp"

namespace integrityd {

namespace {

using StoreContextOwner = std::unique_ptr<X509_STORE_CTX, Release<X509_STORE_CTX_free>>;

// All the authorities of a distribution have some 250 KiB.
constexpr std::size_t longest_file = 4U << 20;
// Twice what a chain on the web has; a limit that the CIP's secure ciphers document asks for.
constexpr int deepest_chain = 10;
constexpr std::size_t most_reasons = 8;

// What the callback writes down while OpenSSL builds the path; it lets everything pass.
struct Complaints {
    std::set<std::string> reasons;
    bool wrong_purpose = false;
};

bool is_about_time(int error) {
    return error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
}

bool is_about_purpose(int error) {
    return error == X509_V_ERR_INVALID_PURPOSE || error == X509_V_ERR_INVALID_CA;
}

int write_down(int good, X509_STORE_CTX* context) {
    if (good == 1) return 1;
    auto* const complaints = static_cast<Complaints*>(X509_STORE_CTX_get_app_data(context));
    const int error = X509_STORE_CTX_get_error(context);
    if (is_about_time(error)) return 1;
    complaints->wrong_purpose = complaints->wrong_purpose || is_about_purpose(error);
    if (complaints->reasons.size() < most_reasons) {
        const int depth = X509_STORE_CTX_get_error_depth(context);
        const std::string who = depth == 0 ? "" : " (certificate " + std::to_string(depth + 1) + " of the chain)";
        complaints->reasons.insert(escape(X509_verify_cert_error_string(error)) + who);
    }
    return 1;
}

bool name_matches(X509* certificate, const std::string& name) {
    if (is_numeric_host(name)) return X509_check_ip_asc(certificate, name.c_str(), 0) == 1;
    return X509_check_host(certificate, name.c_str(), name.size(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

X509StackOwner read_chain(const std::vector<std::string>& chain) {
    X509StackOwner stack(sk_X509_new_null());
    for (const auto& der : chain) {
        auto certificate = read_der(der);
        if (certificate && sk_X509_push(stack.get(), certificate.get()) > 0) (void)certificate.release();
    }
    return stack;
}

void set_parameters(X509_STORE_CTX* context, std::optional<std::int64_t> now) {
    X509_VERIFY_PARAM* const param = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_auth_level(param, 0);
    X509_VERIFY_PARAM_set_depth(param, deepest_chain);
    // A certificate that the operator names is trusted, whether it calls itself an authority or not.
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    if (now)
        X509_VERIFY_PARAM_set_time(param, static_cast<time_t>(*now));
    else
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
}

}  // namespace

struct TlsTrust::Parts {
    X509StoreOwner store;
};

TlsTrust::TlsTrust(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsTrust::~TlsTrust() = default;

std::string_view to_string(TlsStaple staple) {
    switch (staple) {
        case TlsStaple::none:
            return "none";
        case TlsStaple::good:
            return "good";
        case TlsStaple::revoked:
            return "revoked";
        case TlsStaple::unknown:
            return "unknown";
        case TlsStaple::invalid:
            return "invalid";
    }
    return "";
}

Result<std::shared_ptr<const TlsTrust>> TlsTrust::from_file(const std::string& path) {
    const auto text = read_file(path, longest_file);
    if (!text) return text.error();
    const auto certificates = read_pem_certificates(*text);
    if (certificates.empty()) return Error{escape_cut(path, 400) + ": no certificate in it"};
    return from_certificates(certificates);
}

Result<std::shared_ptr<const TlsTrust>> TlsTrust::from_certificates(const std::vector<std::string>& der) {
    auto parts = std::make_unique<Parts>();
    parts->store.reset(X509_STORE_new());
    for (const auto& each : der) {
        const auto certificate = read_der(each);
        if (certificate) (void)X509_STORE_add_cert(parts->store.get(), certificate.get());
    }
    ERR_clear_error();
    return std::shared_ptr<const TlsTrust>(new TlsTrust(std::move(parts)));
}

Result<std::shared_ptr<const TlsTrust>> TlsTrust::of_system() {
    auto parts = std::make_unique<Parts>();
    parts->store.reset(X509_STORE_new());
    const bool found = X509_STORE_set_default_paths(parts->store.get()) == 1;
    ERR_clear_error();
    if (!found) return Error{"the system's authorities cannot be read"};
    return std::shared_ptr<const TlsTrust>(new TlsTrust(std::move(parts)));
}

TlsChainVerdict TlsTrust::verify(const Question& question) const {
    TlsChainVerdict verdict;
    verdict.path = question.chain;
    const auto chain = read_chain(question.chain);
    if (sk_X509_num(chain.get()) == 0) {
        verdict.reasons.emplace_back("no certificate was shown");
        return verdict;
    }
    X509* const leaf = sk_X509_value(chain.get(), 0);
    verdict.name_matches = name_matches(leaf, question.name);
    const StoreContextOwner context(X509_STORE_CTX_new());
    if (!context || X509_STORE_CTX_init(context.get(), parts_->store.get(), leaf, chain.get()) != 1) {
        verdict.reasons.push_back("OpenSSL: " + first_complaint());
        return verdict;
    }
    Complaints complaints;
    set_parameters(context.get(), question.now);
    X509_STORE_CTX_set_app_data(context.get(), &complaints);
    X509_STORE_CTX_set_verify_cb(context.get(), write_down);
    const int built = X509_verify_cert(context.get());
    if (built != 1 && complaints.reasons.empty())
        complaints.reasons.insert(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
    verdict.trusted = complaints.reasons.empty();
    verdict.wrong_purpose = complaints.wrong_purpose;
    verdict.reasons.assign(complaints.reasons.begin(), complaints.reasons.end());
    STACK_OF(X509)* const path = X509_STORE_CTX_get0_chain(context.get());
    if (verdict.trusted && path != nullptr) {
        verdict.path.clear();
        for (int i = 0; i < sk_X509_num(path); ++i)
            verdict.path.push_back(to_der(sk_X509_value(path, i)));
    }
    if (path != nullptr) {
        auto staple = check_staple(question.staple, path, parts_->store.get(), question.now);
        verdict.staple = staple.staple;
        verdict.staple_reason = std::move(staple.reason);
        verdict.staple_from = staple.from;
    }
    ERR_clear_error();
    return verdict;
}

}  // namespace integrityd
