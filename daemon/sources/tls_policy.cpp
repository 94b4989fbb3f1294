#include "sources/tls_policy.hpp"

#include <algorithm>

#include "sources/tls_suites.hpp"
#include "sources/tls_types.hpp"

namespace integrityd {

namespace {

// Broken whatever a policy says: RFC 7465 (RC4), RFC 8996 (TLS 1.0 and 1.1 are deprecated, a policy's matter), RFC 7568
// (SSL 3.0), and what neither encrypts nor authenticates.
constexpr std::string_view broken_classes[] = {"null", "anonymous", "export", "rc4", "des", "3des", "md5"};

bool contains(const std::vector<std::string>& list, std::string_view word) {
    return std::ranges::find(list, word) != list.end();
}

TlsRating weak(std::string why) {
    return {TlsStanding::weak, std::move(why)};
}

TlsRating by_item(const TlsPolicyItem* item, std::int64_t now) {
    if (item == nullptr) return {TlsStanding::not_recommended, "not on the policy's list"};
    if (now > item->until) return {TlsStanding::not_recommended, "recommended until " + item->until_text + " only"};
    return {};
}

const TlsPolicyItem* find_name(const std::vector<TlsPolicyItem>& items, std::string_view name) {
    const auto found = std::ranges::find(items, name, &TlsPolicyItem::name);
    return found != items.end() ? &*found : nullptr;
}

const TlsPolicyItem* find_id(const std::vector<TlsPolicyItem>& items, std::uint32_t id) {
    const auto found = std::ranges::find(items, id, &TlsPolicyItem::id);
    return found != items.end() ? &*found : nullptr;
}

// Keys are listed by kind and least length, perhaps in steps: the longest step that the key reaches counts.
TlsRating key_rating(const TlsPolicy& policy, std::string_view type, std::uint32_t bits, std::int64_t now) {
    for (const auto& item : policy.forbidden_keys) {
        if (item.name == type && bits < item.id)
            return weak(std::to_string(bits) + " bits, fewer than " + std::to_string(item.id) + " are weak");
    }
    const TlsPolicyItem* best = nullptr;
    std::uint32_t least = 0;
    for (const auto& item : policy.keys) {
        if (item.name != type) continue;
        least = std::max(least, item.id);
        if (bits >= item.id && (best == nullptr || item.until > best->until)) best = &item;
    }
    if (best == nullptr && least != 0)
        return {TlsStanding::not_recommended,
                std::to_string(bits) + " bits, the policy asks for " + std::to_string(least)};
    return by_item(best, now);
}

}  // namespace

TlsRating TlsPolicy::protocol(std::uint16_t version, std::int64_t now) const {
    const std::string called = tls_version_name(version);
    if (version <= tls_version::ssl3) return weak("broken (RFC 7568)");
    if (contains(forbidden_protocols, called)) return weak("forbidden by the policy");
    return by_item(find_name(protocols, called), now);
}

TlsRating TlsPolicy::cipher(std::uint16_t id, std::int64_t now) const {
    const std::string family = suite_class(id);
    const bool broken = std::ranges::find(broken_classes, family) != std::end(broken_classes);
    if (broken) return weak("broken: " + family);
    if (contains(forbidden_classes, family)) return weak("forbidden by the policy: " + family);
    return by_item(find_id(ciphers, id), now);
}

TlsRating TlsPolicy::group(std::uint16_t id, std::uint32_t dh_bits, std::int64_t now) const {
    if (id == 0) return key_rating(*this, "dh", dh_bits, now);
    if (contains(forbidden_groups, group_name(id))) return weak("forbidden by the policy");
    return by_item(find_id(groups, id), now);
}

TlsRating TlsPolicy::signature(const std::string& signature, std::int64_t now) const {
    const bool broken = signature.ends_with("-md5") || signature.ends_with("-md4") || signature.ends_with("-md2") ||
                        signature.ends_with("-md5-sha1");
    if (broken) return weak("broken hash function");
    if (contains(forbidden_signatures, signature)) return weak("forbidden by the policy");
    return by_item(find_name(signatures, signature), now);
}

TlsRating TlsPolicy::key(const TlsCertificate& certificate, std::int64_t now) const {
    const std::string type = certificate.key_type == "rsa-pss" ? "rsa" : certificate.key_type;
    auto rating = key_rating(*this, type, certificate.key_bits, now);
    if (rating.standing != TlsStanding::recommended || type != "ec" || curves.empty()) return rating;
    rating = by_item(find_name(curves, certificate.curve), now);
    if (!rating.why.empty()) rating.why = "curve " + certificate.curve + ": " + rating.why;
    return rating;
}

}  // namespace integrityd
