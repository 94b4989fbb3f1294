#include "watchers/tls/tls_baseline.hpp"

#include <cerrno>

#include "core/digest.hpp"
#include "core/members.hpp"
#include "sources/tls_suites.hpp"

namespace integrityd {

namespace {

constexpr std::string_view watcher = "tls";

TlsAccepted accepted_of(const ValueMap& map) {
    TlsAccepted accepted{texts_at(map, "keys"), texts_at(map, "issuers"), texts_at(map, "chains"),
                         texts_at(map, "parameters"), ""};
    if (const auto pins = map.find("pins"); pins != map.end()) accepted.pins = pins->second.text();
    return accepted;
}

ValueMap to_value(const TlsAccepted& accepted) {
    return {{"keys", text_list(accepted.keys)},
            {"issuers", text_list(accepted.issuers)},
            {"chains", text_list(accepted.chains)},
            {"parameters", text_list(accepted.parameters)},
            {"pins", accepted.pins}};
}

ValueMap to_value(const TlsAcceptedAll& all) {
    ValueMap endpoints;
    for (const auto& [name, accepted] : all)
        endpoints[name] = to_value(accepted);
    return {{"endpoints", std::move(endpoints)}};
}

TlsAcceptedAll read_accepted(const ValueMap& image) {
    TlsAcceptedAll all;
    for (const auto& [name, value] : members_at(image, "endpoints")) {
        if (const auto* const map = value.get<ValueMap>()) all[name] = accepted_of(*map);
    }
    return all;
}

}  // namespace

TlsPresent present_of(const TlsFacts& facts) {
    TlsPresent present;
    if (!facts.reached()) return present;
    present.key = facts.path.front().spki_sha256;
    present.parameters = tls_version_name(facts.seen.version) + ", " + suite_name(facts.seen.cipher);
    if (facts.seen.group != 0) present.parameters += ", " + group_name(facts.seen.group);
    if (facts.seen.dh_bits != 0) present.parameters += ", DH with " + std::to_string(facts.seen.dh_bits) + " bits";
    if (!facts.chain.trusted) return present;
    // What is trusted by itself has nobody above it.
    present.issuer = facts.path.size() > 1 ? facts.path[1].spki_sha256 : present.key;
    std::string keys;
    for (std::size_t i = 1; i < facts.path.size(); ++i)
        keys += facts.path[i].spki_sha256 + "\n";
    present.chain = sha256_hex(keys);
    return present;
}

std::string digest_of_pins(const std::vector<std::string>& pins) {
    std::string text;
    for (const auto& pin : pins)
        text += pin + "\n";
    return sha256_hex(text);
}

Result<std::optional<TlsAcceptedAll>> TlsBaseline::load() {
    const auto baseline = store_.load(watcher);
    if (!baseline) return baseline.error();
    if (!*baseline) return std::optional<TlsAcceptedAll>();
    const auto* const images = map_at((*baseline)->content, "images");
    if (images == nullptr) return Error{"the accepted baseline of tls cannot be understood"};
    const auto* const image = map_at(*images, store_.image());
    if (image == nullptr) return std::optional<TlsAcceptedAll>();
    return std::optional<TlsAcceptedAll>(read_accepted(*image));
}

Result<void> TlsBaseline::accept(const TlsAcceptedAll& accepted) {
    ValueMap images;
    // A document that is not what was accepted is replaced as a whole.
    if (const auto baseline = store_.load(watcher); baseline && *baseline) {
        if (const auto* const known = map_at((*baseline)->content, "images")) images = *known;
    }
    images[store_.image()] = to_value(accepted);
    const auto written = store_.accept(watcher, {{"version", 1}, {"images", std::move(images)}});
    if (!written) return written.error();
    return {};
}

Result<void> TlsBaseline::import(const ValueMap& document) {
    ValueMap images;
    for (const auto& [image, value] : members_at(document, "images")) {
        if (const auto* const map = value.get<ValueMap>()) images[image] = to_value(read_accepted(*map));
    }
    const ValueMap content{{"version", 1}, {"images", std::move(images)}};
    if (content != document)
        return Error{"it is no baseline of tls as `integrityctl baseline export tls` prints it", EINVAL};
    const auto written = store_.accept(watcher, content);
    if (!written) return written.error();
    return {};
}

}  // namespace integrityd
