#include "state/baseline.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "core/digest.hpp"
#include "support/golden.hpp"
#include "support/memory_store.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd;
namespace fs = std::filesystem;

namespace {

const ValueMap content{{"digests", ValueList{"a", "b"}}, {"image", "one"}};

}  // namespace

TEST_CASE("a baseline is what was accepted, and its digest is that of its file") {
    const test::TemporaryDirectory directory;
    test::MemoryStore store;
    const auto baselines = make_baseline_store(directory.path(), store);
    CHECK_FALSE(baselines->load("aide")->has_value());
    const auto digest = baselines->accept("aide", content);
    REQUIRE(digest.ok());
    CHECK(*digest == sha256_hex(test::read_whole(directory / "baseline/aide.json")));
    CHECK(store.fact("baseline.aide") == *digest);
    const auto loaded = make_baseline_store(directory.path(), store)->load("aide");
    REQUIRE(loaded.ok());
    CHECK((*loaded)->content == content);
    CHECK((*loaded)->digest == *digest);
    CHECK_FALSE(baselines->load("self")->has_value());
    CHECK_FALSE(fs::exists(directory / "baseline/aide.json.new"));
}

TEST_CASE("a document that is not what was accepted is an error and never `none` [REQ-15]") {
    const test::TemporaryDirectory directory;
    test::MemoryStore store;
    const auto baselines = make_baseline_store(directory.path(), store);
    REQUIRE(baselines->accept("aide", content).ok());
    const std::string file = directory / "baseline/aide.json";
    SECTION("edited") {
        std::ofstream(file, std::ios::app) << " ";
    }
    SECTION("cut") {
        fs::resize_file(file, 5);
    }
    SECTION("gone") {
        fs::remove(file);
    }
    SECTION("replaced by a link") {
        fs::rename(file, directory / "elsewhere");
        fs::create_symlink(directory / "elsewhere", file);
    }
    SECTION("never accepted") {
        store.facts_.clear();
    }
    SECTION("of another watcher, although pinned") {
        REQUIRE(baselines->accept("self", content).ok());
        fs::copy(directory / "baseline/self.json", file, fs::copy_options::overwrite_existing);
        store.facts_["baseline.aide"] = store.facts_["baseline.self"];
    }
    const auto loaded = baselines->load("aide");
    REQUIRE_FALSE(loaded.ok());
    CHECK_FALSE(loaded.error().message.empty());
}

TEST_CASE("an acceptance that was interrupted is either done or not begun [REQ-15]") {
    const test::TemporaryDirectory directory;
    test::MemoryStore store;
    const auto baselines = make_baseline_store(directory.path(), store);
    const auto old_digest = baselines->accept("aide", content);
    const std::string file = directory / "baseline/aide.json";
    const std::string old = test::read_whole(file);
    const ValueMap other{{"digests", ValueList{"c"}}};

    // Before the digest was pinned: the old one holds.
    store.failure_ = Error{"full", ENOSPC};
    CHECK(baselines->accept("aide", other).error().code == ENOSPC);
    store.failure_.reset();
    CHECK((*baselines->load("aide"))->content == content);

    // After it was pinned, before the file was in its place: the new one holds.
    const auto new_digest = baselines->accept("aide", other);
    REQUIRE(new_digest.ok());
    fs::rename(file, file + ".new");
    std::ofstream(file, std::ios::binary) << old;
    const auto loaded = baselines->load("aide");
    REQUIRE(loaded.ok());
    CHECK((*loaded)->content == other);
    CHECK((*loaded)->digest == *new_digest);
    CHECK_FALSE(fs::exists(file + ".new"));
    CHECK(*new_digest != *old_digest);
}

TEST_CASE("what could not be exported again is not accepted, and the old baseline stays [REQ-31]") {
    const test::TemporaryDirectory directory;
    test::MemoryStore store;
    const auto baselines = make_baseline_store(directory.path(), store);
    REQUIRE(baselines->accept("boot", content).ok());
    const auto refused = baselines->accept("boot", {{"components", std::string(960U << 10, 'x')}});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == EINVAL);
    CHECK((*baselines->load("boot"))->content == content);
    CHECK(baselines->accept("boot", {{"components", std::string(950U << 10, 'x')}}).ok());
    CHECK(baselines->load("boot")->has_value());
}

TEST_CASE("the image is named by os-release") {
    const test::TemporaryDirectory directory;
    test::MemoryStore store;
    const std::string file = directory / "os-release";
    const auto image = [&](const std::string& text) {
        std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
        return make_baseline_store(directory.path(), store, file)->image();
    };
    CHECK(image("ID=cip\nIMAGE_UUID=\"5d2c-1\"\nX=y\n") == "5d2c-1");
    CHECK(image("IMAGE_UUID='a'") == "a");
    CHECK(image("IMAGE_UUID=a") == "a");
    CHECK(image("XIMAGE_UUID=a\nIMAGE_UUID2=b\n").empty());
    CHECK(image("IMAGE_UUID=\"../a b\"").empty());
    CHECK(image("").empty());
    CHECK(make_baseline_store(directory.path(), store, directory / "missing")->image().empty());
}
