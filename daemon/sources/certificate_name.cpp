#include "sources/certificate_name.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <openssl/bio.h>
#include <openssl/x509.h>

#include "core/escape.hpp"

namespace integrityd {

namespace {

// Longer subjects are cut: they are for people.
constexpr std::size_t longest_subject = 256;

// In lower case. "AMI Test PK" is the key of the PKfail advisory (BRLY-2024-005), whose subject says DO NOT TRUST.
constexpr std::array<std::string_view, 4> of_tests = {"do not trust", "do not ship", "ami test pk", "snakeoil"};

}  // namespace

std::string certificate_subject(std::string_view der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())),
                                                                  X509_free);
    if (!certificate) return {};
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    if (!out) return {};
    if (X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate.get()), 0, XN_FLAG_RFC2253) < 0) return {};
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    if (size <= 0 || text == nullptr) return {};
    return escape_cut(std::string_view(text, static_cast<std::size_t>(size)), longest_subject);
}

bool is_test_key(std::string_view subject) {
    std::string lower(subject);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return std::ranges::any_of(of_tests,
                               [&](std::string_view words) { return lower.find(words) != std::string::npos; });
}

}  // namespace integrityd
