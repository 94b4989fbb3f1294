// What integrityd says about itself, and how it knows how the run before it ended.
#include "self_checks.hpp"

#include <fstream>

#include <catch2/catch.hpp>

#include "core/catalogue_kinds.hpp"
#include "support/fake_loop.hpp"
#include "support/fakes.hpp"
#include "support/memory_store.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

struct Fixture {
    [[nodiscard]] const Violation* present(const Kind& kind, const std::string& subject) const {
        return situation->ledger().present(kind, subject);
    }

    FakeLoop loop;
    FakeClock clock;
    MemoryStore store;
    std::unique_ptr<Situation> situation = make();
    SelfChecks checks{*situation, clock};

private:
    std::unique_ptr<Situation> make() {
        auto opened = Situation::open(
            loop, clock, store,
            {.stored = [](std::span<const Event>) {}, .changed = [] {}, .unwritable = [](const Error&) {}});
        REQUIRE(opened);
        return std::move(*opened);
    }
};

Config with(const std::string& canonical) {
    Config config;
    config.canonical = canonical;
    return config;
}

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::trunc | std::ios::binary) << text;
}

}  // namespace

TEST_CASE("what a recipient lost is summed until somebody acknowledges it [REQ-7] [REQ-21]") {
    Fixture f;
    RecipientConfig product;
    product.name = "product";
    const std::string subject = "recipient product";
    const auto lost = [&] {
        const Violation* known = f.present(kinds::self_queue_overflow, subject);
        REQUIRE(known != nullptr);
        return known->details.at("lost");
    };
    f.checks.recipient_lost(product, 500);
    CHECK(lost() == Value(std::uint64_t{500}));
    f.checks.recipient_lost(product, 500);  // the same number is no repeat: it is as many again
    CHECK(lost() == Value(std::uint64_t{1000}));
    f.checks.recipient_lost(product, 7);
    CHECK(lost() == Value(std::uint64_t{1007}));
    f.loop.run_posted();
    CHECK(std::ranges::count(f.store.events_, EventType::changed, &Event::type) == 2);

    REQUIRE(f.situation->acknowledge({f.present(kinds::self_queue_overflow, subject)->id}, {}, "seen"));
    f.checks.recipient_lost(product, 500);
    CHECK(lost() == Value(std::uint64_t{500}));
}

TEST_CASE(
    "a configuration that could not be compared is compared when what was accepted is put back [REQ-15] [REQ-16]") {
    const TemporaryDirectory directory;
    Fixture f;
    const auto baselines = make_baseline_store(directory.path(), f.store);
    SelfBaseline own(*baselines);
    own.set_config(with(R"({"daemon":{"log_level":"info"}})"));
    REQUIRE(own.accept(own.diff()->digest));
    const std::string document = directory / "baseline/self.json";
    const std::string accepted = content_of(document);
    write(document, accepted + " ");

    own.set_config(with(R"({"aide":{"enabled":false},"daemon":{"log_level":"info"}})"));  // a start
    f.checks.baselines(*baselines, own, {"self"});
    CHECK(f.present(kinds::self_baseline_tampered, "self") != nullptr);
    CHECK(f.situation->ledger().entries().size() == 1);

    write(document, accepted);
    f.checks.baselines(*baselines, own, {"self"});  // a heartbeat
    CHECK(f.present(kinds::self_baseline_tampered, "self") == nullptr);
    const Violation* const changed = f.present(kinds::self_config_changed, "integrityd");
    REQUIRE(changed != nullptr);
    CHECK(f.present(kinds::self_coverage_reduced, "the aide watcher is disabled") != nullptr);
    f.checks.baselines(*baselines, own, {"self"});
    CHECK(changed->count == 1);  // once for a configuration, not with each heartbeat
}

TEST_CASE("the run before lived until its last event, or until its last sign after that [REQ-14]") {
    Fixture f;
    CHECK_FALSE(previous_run(f.store, f.clock.wall()).any);
    f.situation->notice("self.started", {});
    f.situation->flush();
    const WallTime last_event = f.clock.wall();
    CHECK(previous_run(f.store, 0).last_sign == last_event);
    CHECK(previous_run(f.store, last_event + 5).last_sign == last_event + 5);
    CHECK_FALSE(previous_run(f.store, 0).clean);
    f.checks.stopped("SIGTERM");
    f.situation->flush();
    const PreviousRun ended = previous_run(f.store, last_event + 5);
    CHECK(ended.clean);
    CHECK(ended.last_sign == last_event);
}
