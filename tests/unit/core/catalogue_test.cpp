#include "core/catalogue.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "core/catalogue_kinds.hpp"

using namespace integrityd;

namespace {

struct Promised {
    Severity severity;
    Nature nature;
    std::vector<std::string_view> names;
};

constexpr auto condition = Nature::condition;
constexpr auto happening = Nature::happening;

// The table of kinds that users rely on, in its own words and not taken from policy/catalogue.toml:
// a kind that is lost, renamed or weighed otherwise breaks somebody's rules.
const std::vector<Promised> promised = {
    {Severity::high, condition, {"aide.entry.added", "aide.entry.removed", "aide.entry.changed", "aide.entry.flood"}},
    {Severity::medium, condition, {"aide.database.missing", "aide.check.failed", "aide.check.overdue"}},
    {Severity::critical, condition, {"aide.database.changed", "aide.config.changed"}},
    {Severity::medium, happening, {"audit.rule.matched", "audit.attempt.denied", "audit.login.failures"}},
    {Severity::critical, condition, {"audit.log.removed", "audit.log.permissions"}},
    {Severity::critical, happening, {"audit.log.truncated", "audit.log.rewritten", "audit.log.gap"}},
    {Severity::critical,
     condition,
     {"audit.disabled", "audit.rules.changed", "audit.config.changed", "audit.daemon.stopped"}},
    {Severity::high, happening, {"audit.records.lost", "audit.integrity"}},
    {Severity::high, condition, {"audit.mac.disabled"}},
    {Severity::low, happening, {"audit.anomaly", "audit.denied"}},
    {Severity::medium, condition, {"tls.endpoint.unreachable"}},
    {Severity::low, condition, {"tls.endpoint.changed"}},  // beyond the contract
    {Severity::low, condition, {"tls.offline", "tls.certificate.renewed", "tls.certificate.expiring"}},
    {Severity::high,
     condition,
     {"tls.certificate.untrusted", "tls.certificate.name-mismatch", "tls.certificate.expired",
      "tls.certificate.not-yet-valid", "tls.certificate.revoked", "tls.issuer.changed"}},
    {Severity::critical, condition, {"tls.pin.mismatch"}},
    {Severity::medium,
     condition,
     {"tls.certificate.weak-key", "tls.certificate.weak-signature", "tls.protocol.weak", "tls.cipher.weak",
      "tls.group.weak"}},
    {Severity::low,
     condition,
     {"tls.certificate.not-recommended", "tls.protocol.not-recommended", "tls.cipher.not-recommended",
      "tls.group.not-recommended", "tls.policy.expired"}},
    {Severity::critical,
     condition,
     {"luks.volume.missing", "luks.volume.not-encrypted", "luks.volume.replaced", "luks.mapping.unexpected",
      "luks.keyslot.added", "luks.keyslot.removed", "luks.token.added", "luks.token.removed", "luks.token.changed",
      "luks.header.changed", "luks.header.inconsistent", "luks.header.rolled-back", "luks.cipher.weak",
      "luks.policy.empty", "luks.policy.changed"}},
    {Severity::high, condition, {"luks.keyslot.weak-kdf", "luks.unseal.failing"}},
    {Severity::high, condition, {"tpm.missing", "tpm.failure"}},
    {Severity::medium, condition, {"tpm.unavailable", "tpm.lockout.rising"}},
    {Severity::critical, condition, {"tpm.lockout.active"}},
    {Severity::critical, happening, {"tpm.cleared"}},
    {Severity::medium, happening, {"tpm.boots.unseen"}},
    {Severity::high, condition, {"tpm.policy.changed", "tpm.handle.changed", "tpm.bank.uninitialised"}},
    {Severity::medium, condition, {"boot.log.unavailable", "boot.secureboot.test-keys"}},
    {Severity::high,
     condition,
     {"boot.log.malformed", "boot.event.missing", "boot.structure.invalid", "boot.mount.shadowed"}},
    {Severity::critical,
     condition,
     {"boot.log.mismatch", "boot.event.unexpected", "boot.pcr.extended", "boot.secureboot.disabled",
      "boot.secureboot.setup-mode", "boot.secureboot.keys-changed", "boot.root.unverified", "boot.ima.mismatch"}},
    {Severity::low, condition, {"boot.ima.violation"}},
    {Severity::high, happening, {"update.refused"}},
    {Severity::high, condition, {"update.image.unaccepted"}},
    {Severity::critical, condition, {"update.image.retired"}},
    {Severity::medium, happening, {"update.rolled-back", "self.coverage.gap", "self.queue.overflow"}},
    {Severity::medium, condition, {"self.watcher.blind", "self.config.invalid", "self.store.unwritable"}},
    {Severity::high, condition, {"self.coverage.reduced", "self.config.changed", "self.notify.failed"}},
    {Severity::high, happening, {"self.store.damaged"}},
    {Severity::critical, happening, {"self.events.tampered"}},
    {Severity::critical, condition, {"self.baseline.tampered"}},
    {Severity::medium, condition, {"self.clock.implausible"}},
    {Severity::medium, happening, {"self.clock.stepped"}},
};

}  // namespace

TEST_CASE("every promised kind is there with its severity and nature, and no other") {
    std::size_t count = 0;
    for (const auto& [severity, nature, names] : promised) {
        for (const std::string_view name : names) {
            ++count;
            INFO(name);
            const Kind* kind = find_kind(name);
            REQUIRE(kind != nullptr);
            CHECK(kind->severity == severity);
            CHECK(kind->nature == nature);
        }
    }
    CHECK(all_kinds().size() == count);
}

TEST_CASE("kinds and notices are sorted by name, and each is there once") {
    CHECK(std::ranges::is_sorted(all_kinds(), {}, &Kind::name));
    CHECK(std::ranges::adjacent_find(all_kinds(), {}, &Kind::name) == all_kinds().end());
    CHECK(std::ranges::is_sorted(all_notices(), {}, &Notice::name));
    CHECK(std::ranges::adjacent_find(all_notices(), {}, &Notice::name) == all_notices().end());
}

TEST_CASE("every message id is 128 bits in hex and there once") {
    std::set<std::string_view> ids;
    const auto check = [&ids](std::string_view id) {
        CHECK(id.size() == 32);
        CHECK(id.find_first_not_of("0123456789abcdef") == std::string_view::npos);
        CHECK(ids.insert(id).second);
    };
    for (const Kind& kind : all_kinds())
        check(kind.message_id);
    for (const Notice& notice : all_notices())
        check(notice.message_id);
}

TEST_CASE("message ids that were once given stay") {
    CHECK(kinds::aide_entry_changed.message_id == "7dbe5e9a95c2506486433ab6aee99c16");
    CHECK(message_id_of_notice("verdict") == "3c3384cf9bcb52b694394de7b53bbd8d");
}

TEST_CASE("every kind is told by a watcher, says something, and is evidence for something") {
    const std::set<std::string_view> watchers = {"aide", "audit", "boot", "luks", "self", "tls"};
    for (const Kind& kind : all_kinds()) {
        INFO(kind.name);
        CHECK(watchers.contains(kind.source));
        CHECK(kind.meaning.ends_with('.'));
        CHECK(kind.action.ends_with('.'));
        CHECK_FALSE(kind.requirements.empty());
    }
}

TEST_CASE("a constant is the kind that is found by its name") {
    CHECK(&kinds::aide_entry_changed == find_kind("aide.entry.changed"));
    CHECK(&kinds::luks_header_rolled_back == find_kind("luks.header.rolled-back"));
}

TEST_CASE("a name that nobody declared is not found") {
    CHECK(find_kind("aide.entry") == nullptr);
    CHECK(find_kind("") == nullptr);
    CHECK(message_id_of_notice("self.unheard").empty());
}

TEST_CASE("every notice has its message id") {
    for (const std::string_view name :
         {"self.started", "self.stopped", "config.reloaded", "baseline.accepted", "maintenance.begun",
          "maintenance.ended", "check.requested", "notify.tested", "verdict"}) {
        INFO(name);
        CHECK(message_id_of_notice(name).size() == 32);
    }
}
