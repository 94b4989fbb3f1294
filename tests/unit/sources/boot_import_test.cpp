// Documents of others become ours, or are refused with the reason.
#include "sources/boot_import.hpp"

#include <catch2/catch.hpp>

#include "core/canonical_json.hpp"
#include "sources/boot_report.hpp"
#include "sources/boot_text.hpp"
#include "support/boot_vectors.hpp"
#include "support/event_log_editor.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

const std::string digest_a(64, 'a');
const std::string digest_b(64, 'b');

std::string record(unsigned pcr, const std::string& algorithm, const std::string& digest) {
    return R"({"pcr":)" + std::to_string(pcr) + R"(,"digests":[{"hashAlg":")" + algorithm + R"(","digest":")" + digest +
           R"("}]})";
}

}  // namespace

TEST_CASE("a component file of systemd-pcrlock is an alternative of the component that its name says") {
    const std::string uki =
        R"({"records":[)" + record(4, "sha256", digest_a) + "," + record(11, "sha256", digest_b) + "]}";
    const auto image = boot_import_document(uki, "650-uki.pcrlock");
    REQUIRE(image);
    CHECK(*image ==
          R"({"bank":"sha256","components":[{"accepted":[{"events":[{"digest":")" + digest_a +
              R"("}],"source":"650-uki.pcrlock"}],"name":"kernel image","pcr":4},{"accepted":[{"events":[{"digest":")" +
              digest_b +
              R"("}],"source":"650-uki.pcrlock"}],"name":"sections of the unified kernel image","pcr":11}]})");
    const auto loader =
        boot_import_document(R"({"records":[)" + record(4, "sha256", digest_a) + "]}", "250-efibootguard.pcrlock");
    REQUIRE(loader);
    CHECK(loader->find(R"("name":"loader")") != std::string::npos);
    const auto weaker = boot_import_document(R"({"records":[)" + record(4, "sha1", std::string(40, 'c')) + "]}", "x");
    REQUIRE(weaker);
    CHECK(weaker->starts_with(R"({"bank":"sha1")"));
}

TEST_CASE("what decides about nothing is refused") {
    CHECK(boot_import_document("", "x").error().code == EINVAL);
    CHECK(boot_import_document("[]", "x").error().code == EINVAL);
    CHECK(boot_import_document(R"({"records":[]})", "x").error().code == EINVAL);
    CHECK(boot_import_document(R"({"records":[{}]})", "x").error().code == EINVAL);
    CHECK(boot_import_document(R"({"records":[)" + record(5, "sha256", digest_a) + "]}", "x").error().code == EINVAL);
    CHECK(boot_import_document(R"({"records":[)" + record(4, "md5", digest_a) + "]}", "x").error().code == EINVAL);
    CHECK(boot_import_document(
              R"({"records":[)" + record(4, "sha256", digest_a) + "," + record(4, "sha1", digest_b) + "]}", "x")
              .error()
              .message == "its records have no bank in common");
}

TEST_CASE("a support RIM is an alternative for each component of its log") {
    if (!have_boot_vectors()) return;
    const auto document = boot_import_document(vector_bytes("eventlogs/guard-oss/t480s.bin"), "firmware.rimel");
    REQUIRE(document);
    const auto value = read_json(*document);
    REQUIRE(value);
    CHECK(value->get<ValueMap>()->at("components").get<ValueList>()->size() >= 4);
    CHECK(document->find(R"("source":"firmware.rimel")") != std::string::npos);
}

TEST_CASE("every log of the vectors is told as a story") {
    if (!have_boot_vectors()) return;
    std::size_t told = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(vectors_root() / "eventlogs")) {
        if (!entry.is_regular_file() || entry.path().extension() == ".yaml") continue;
        const std::string bytes = vector_bytes(std::filesystem::relative(entry.path(), vectors_root()).string());
        INFO(entry.path().string());
        const auto text = read_boot_text(boot_log_json(bytes));
        REQUIRE(text);
        CHECK_FALSE(text->facts.empty());
        told += text->events.empty() ? 0 : 1;
    }
    CHECK(told >= 70);
}
