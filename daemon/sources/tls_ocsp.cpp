#include "sources/tls_ocsp.hpp"

#include <ctime>
#include <openssl/ocsp.h>

#include "sources/tls_types.hpp"

namespace integrityd {

namespace {

using ResponseOwner = std::unique_ptr<OCSP_RESPONSE, Release<OCSP_RESPONSE_free>>;
using BasicOwner = std::unique_ptr<OCSP_BASICRESP, Release<OCSP_BASICRESP_free>>;
using IdOwner = std::unique_ptr<OCSP_CERTID, Release<OCSP_CERTID_free>>;

// Clocks of responder and device may differ by so much.
constexpr std::int64_t tolerance = 300;

TlsStapleVerdict invalid(std::string why) {
    ERR_clear_error();
    return {TlsStaple::invalid, std::move(why), 0};
}

std::optional<std::int64_t> seconds(const ASN1_GENERALIZEDTIME* time) {
    std::tm utc{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &utc) != 1) return std::nullopt;
    return static_cast<std::int64_t>(timegm(&utc));
}

// The entry about this certificate; null: there is none. The identifier's hash is the responder's choice, so each entry
// is compared in its own.
OCSP_SINGLERESP* find_entry(OCSP_BASICRESP* basic, X509* certificate, X509* issuer) {
    // One certificate, one entry: a response about many is not what is stapled.
    constexpr int most_entries = 16;
    for (int i = 0; i < OCSP_resp_count(basic) && i < most_entries; ++i) {
        OCSP_SINGLERESP* const entry = OCSP_resp_get0(basic, i);
        ASN1_OBJECT* algorithm = nullptr;
        auto* const id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(entry));
        if (OCSP_id_get0_info(nullptr, &algorithm, nullptr, nullptr, id) != 1) continue;
        const EVP_MD* const hash = EVP_get_digestbyobj(algorithm);
        const IdOwner ours(hash != nullptr ? OCSP_cert_to_id(hash, certificate, issuer) : nullptr);
        if (ours && OCSP_id_cmp(ours.get(), id) == 0) return entry;
    }
    return nullptr;
}

// Whoever signs a response must be valid at that time as well; without one none is judged. OpenSSL takes what it is to
// compare with from the store, which is not ours.
bool is_signed(OCSP_BASICRESP* basic, STACK_OF(X509) * path, X509_STORE* store, std::optional<std::int64_t> now) {
    X509_VERIFY_PARAM* const param = X509_STORE_get0_param(store);
    if (now)
        X509_VERIFY_PARAM_set_time(param, static_cast<time_t>(*now));
    else
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
    const bool good = OCSP_basic_verify(basic, path, store, OCSP_PARTIAL_CHAIN) == 1;
    X509_VERIFY_PARAM_clear_flags(param, X509_V_FLAG_USE_CHECK_TIME | X509_V_FLAG_NO_CHECK_TIME);
    return good;
}

TlsStapleVerdict judge(OCSP_SINGLERESP* entry, std::optional<std::int64_t> now) {
    ASN1_GENERALIZEDTIME* revoked = nullptr;
    ASN1_GENERALIZEDTIME* from = nullptr;
    ASN1_GENERALIZEDTIME* until = nullptr;
    const int status = OCSP_single_get0_status(entry, nullptr, &revoked, &from, &until);
    const auto begin = seconds(from);
    const auto end = seconds(until);
    // Revoked is for good, however old the response is.
    if (status == V_OCSP_CERTSTATUS_REVOKED) {
        const auto when = seconds(revoked);
        return {TlsStaple::revoked, when ? "on " + tls_date(*when) : "", begin.value_or(0)};
    }
    if (now && begin && *begin > *now + tolerance) return invalid("the stapled response is from the future");
    if (now && end && *end + tolerance < *now) return invalid("the stapled response is too old");
    // One from before a revocation says good as well.
    if (!now) return invalid("how old the stapled response is cannot be said: the device's clock is plainly wrong");
    if (status == V_OCSP_CERTSTATUS_GOOD) return {TlsStaple::good, "", begin.value_or(0)};
    return {TlsStaple::unknown, "the authority does not know the certificate", 0};
}

}  // namespace

TlsStapleVerdict check_staple(std::string_view der, STACK_OF(X509) * path, X509_STORE* store,
                              std::optional<std::int64_t> now) {
    if (der.empty()) return {};
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const ResponseOwner response(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
    if (!response) return invalid("the stapled response cannot be read");
    if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        return invalid("the stapled response says that the authority failed");
    const BasicOwner basic(OCSP_response_get1_basic(response.get()));
    if (!basic) return invalid("the stapled response cannot be read");
    if (sk_X509_num(path) < 2) return invalid("the stapled response cannot be judged without the issuer");
    // Its own path is judged by what signs it: the issuer itself, or a responder that the issuer made.
    if (!is_signed(basic.get(), path, store, now))
        return invalid("the stapled response is not signed by the authority");
    OCSP_SINGLERESP* const entry = find_entry(basic.get(), sk_X509_value(path, 0), sk_X509_value(path, 1));
    if (entry == nullptr) return invalid("the stapled response is about another certificate");
    ERR_clear_error();
    return judge(entry, now);
}

}  // namespace integrityd
