// What there is against what was accepted, and its acceptance.
#include <algorithm>
#include <cerrno>

#include "catalogue_kinds.hpp"
#include "core/canonical_json.hpp"
#include "core/digest.hpp"
#include "watchers/tls/tls_watcher.hpp"

namespace integrityd {

namespace {

std::vector<std::string> set_of(const std::string& value) {
    return value.empty() ? std::vector<std::string>{} : std::vector<std::string>{value};
}

}  // namespace

// Of everything that would be accepted.
std::string TlsWatcher::digest() const {
    ValueMap all;
    for (const auto& [name, known] : endpoints_) {
        if (!known.facts) continue;
        const TlsPresent present = present_of(*known.facts);
        all[name] = ValueMap{{"key", present.key},
                             {"issuer", present.issuer},
                             {"chain", present.chain},
                             {"parameters", present.parameters}};
    }
    return sha256_hex(canonical_json(Value(std::move(all))));
}

Result<BaselineDiff> TlsWatcher::diff_baseline() {
    if (looks_ == 0) return Error{"the first look is not over", EBUSY};
    ValueMap differences;
    ValueList unreached;
    for (const auto& [name, known] : endpoints_) {
        if (!known.facts) {
            unreached.emplace_back(name);
            continue;
        }
        if (auto difference = tls_difference(*known.facts, accepted_of(name)); !difference.empty())
            differences[name] = std::move(difference);
    }
    ValueMap all;
    all["accepted"] = accepted_.has_value();
    all["differences"] = std::move(differences);
    if (!unreached.empty()) all["not_reached"] = std::move(unreached);
    return BaselineDiff{std::move(all), digest()};
}

Result<void> TlsWatcher::accept_baseline(std::string_view digest_shown, const Wanted& wanted) {
    if (digest_shown != digest()) return Error{"the endpoints are not what was shown", ECANCELED};
    TlsAcceptedAll all = accepted_.value_or(TlsAcceptedAll{});
    // Endpoints that are configured no longer are not kept as accepted.
    std::erase_if(all, [&](const auto& each) { return !endpoints_.contains(each.first); });
    for (const auto& [name, known] : endpoints_) {
        if (!known.facts) continue;
        const bool key = wanted.any({&kinds::tls_pin_mismatch, &kinds::tls_certificate_renewed}, name);
        const bool issuer = wanted.any({&kinds::tls_issuer_changed}, name);
        const bool rest = wanted.any({&kinds::tls_endpoint_changed}, name);
        if (!key && !issuer && !rest) continue;
        const TlsPresent present = present_of(*known.facts);
        TlsAccepted& accepted = all[name];
        // A new issuer comes with a new key, and who takes the one takes the other.
        if (key || issuer) {
            accepted.keys = set_of(present.key);
            accepted.pins = digest_of_pins(known.config->spki_sha256);
        }
        if (issuer && !present.issuer.empty()) accepted.issuers = set_of(present.issuer);
        if (rest) accepted.parameters = set_of(present.parameters);
        if (rest && !present.chain.empty()) accepted.chains = set_of(present.chain);
    }
    if (auto written = baseline_.accept(all); !written) return written;
    judge_by_new_baseline();
    return {};
}

Result<void> TlsWatcher::import_baseline(const ValueMap& document) {
    if (auto imported = baseline_.import(document); !imported) return imported;
    judge_by_new_baseline();
    return {};
}

void TlsWatcher::judge_by_new_baseline() {
    load_accepted();
    judge_all();
    ++looks_;
    // As after every look, and not while whoever accepted still waits for the answer.
    context_.loop.post([this, alive = std::weak_ptr<int>(alive_)] {
        if (!alive.expired()) context_.sink.look_finished();
    });
}

}  // namespace integrityd
