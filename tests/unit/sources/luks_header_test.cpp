// The parser of LUKS headers on headers of the test's own: what is right, and everything that may be wrong.
#include "sources/luks_header.hpp"

#include <catch2/catch.hpp>

#include "support/luks_maker.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

const LuksMaker maker;

std::string problem_of(const std::string& json) {
    REQUIRE_FALSE(json.empty());
    return parse_luks_header(maker.area(json)).first.problem;
}

}  // namespace

TEST_CASE("a LUKS2 header is read from both its copies", "[REQ-50]") {
    const auto header = parse_luks_header(maker.area(luks_json()));
    REQUIRE(header.format == LuksFormat::luks2);
    CHECK(header.consistent());
    REQUIRE(header.copy() == &header.first);
    CHECK(header.first.uuid == maker.uuid);
    CHECK(header.first.sequence == 3);
    const auto& metadata = *header.first.metadata;
    REQUIRE(metadata.keyslots.size() == 1);
    CHECK(metadata.keyslots[0].kdf.iterations == 1'000'000);
    CHECK(metadata.keyslots[0].encryption == "aes-xts-plain64");
    CHECK(metadata.segments.at(0).encryption == "aes-xts-plain64");
    REQUIRE(metadata.volume_key() != nullptr);
    CHECK(metadata.volume_key()->keyslots == std::vector<unsigned>{0});
}

TEST_CASE("a header that is cut anywhere is never consistent", "[REQ-50]") {
    const std::string whole = maker.area(luks_json());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto header = parse_luks_header(std::string_view(whole).substr(0, size));
        REQUIRE_FALSE(header.consistent());
        REQUIRE((header.copy() != nullptr) == (size >= maker.copy_size));
    }
}

TEST_CASE("a byte that is another one breaks the checksum of its copy", "[REQ-50]") {
    const std::string whole = maker.area(luks_json());
    for (std::size_t at = 0; at < whole.size(); at += at < 600 ? 1 : 97) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
        const auto header = parse_luks_header(damaged);
        INFO(at);
        REQUIRE_FALSE(header.consistent());
        REQUIRE(header.copy() != nullptr);
    }
}

TEST_CASE("the second copy stands in for a first one that is gone", "[REQ-50]") {
    std::string area = maker.area(luks_json());
    SECTION("zeroed") {
        area.replace(0, 4096, 4096, '\0');
    }
    SECTION("with another size") {
        area[14] = 0x7f;
    }
    SECTION("with another checksum") {
        area[450] = static_cast<char>(area[450] ^ 1);
    }
    const auto header = parse_luks_header(area);
    CHECK(header.format == LuksFormat::luks2);
    CHECK_FALSE(header.first.intact());
    REQUIRE(header.copy() == &header.second);
    CHECK(header.second.uuid == maker.uuid);
}

TEST_CASE("copies that differ are told with what differs", "[REQ-50]") {
    LuksMaker later = maker;
    later.sequence = 9;
    const std::string other =
        replaced(luks_json(), R"("encryption":"aes-xts-plain64","sector)", R"("encryption":"cipher_null-ecb","sector)");
    const auto header = parse_luks_header(maker.copy(luks_json(), 0) + later.copy(other, later.copy_size));
    CHECK_FALSE(header.consistent());
    CHECK(header.copy() == &header.first);
    CHECK(header.differences == std::vector<std::string>{"sequence", "ciphers"});
}

TEST_CASE("what is no LUKS is no LUKS", "[REQ-50]") {
    for (const std::string& bytes : {std::string(), std::string("LUKS"), std::string(40'000, '\0'),
                                     std::string(40'000, 'x'), std::string("LUKS\xba\xbf\0\2", 8)}) {
        const auto header = parse_luks_header(bytes);
        CHECK(header.format == LuksFormat::none);
        CHECK(header.copy() == nullptr);
    }
}

TEST_CASE("a JSON area is read strictly", "[REQ-50]") {
    const std::string good = luks_json();
    CHECK(problem_of(good).empty());
    CHECK(problem_of(replaced(good, R"("tokens":{})", R"("tokens":{},"tokens":{})")).find("twice") !=
          std::string::npos);
    CHECK(problem_of(replaced(good, R"({"0":)", R"({"00":)")).find("number of its own") != std::string::npos);
    CHECK(problem_of(replaced(good, R"({"0":)", R"({"32":)")).find("number of its own") != std::string::npos);
    CHECK(problem_of(replaced(good, R"("segments":["0"])", R"("segments":[])")).find("no digest") != std::string::npos);
    CHECK(problem_of(replaced(good, R"("segments":["0"])", R"("segments":["1"])")).find("segment") !=
          std::string::npos);
    CHECK(problem_of(replaced(good, R"("keyslots":["0"])", R"("keyslots":["1"])")).find("keyslot 1") !=
          std::string::npos);
    CHECK(problem_of(replaced(good, R"("keyslots":["0"])", R"("keyslots":["0","0"])")).find("twice") !=
          std::string::npos);
    CHECK(problem_of(replaced(good, R"("sector_size":512)", R"("sector_size":513)")).find("sector") !=
          std::string::npos);
    CHECK(problem_of(replaced(good, R"("offset":"32768")", R"("offset":"4096")")).find("outside") != std::string::npos);
    CHECK(problem_of(replaced(good, R"("size":"258048")", R"("size":"18446744073709551615")")).find("outside") !=
          std::string::npos);
    CHECK(problem_of(replaced(good, R"("12288")", R"("12289")")).find("JSON area") != std::string::npos);
    CHECK(problem_of(replaced(good, R"("iterations":1000000)", R"("iterations":-1)")).find("iterations") !=
          std::string::npos);
    CHECK(problem_of(good + "x").find("JSON") != std::string::npos);
    CHECK(problem_of(" " + good).find("no object") != std::string::npos);
    CHECK(problem_of("{}").find("keyslots") != std::string::npos);
}

TEST_CASE("keyslots that overlap are refused", "[REQ-50]") {
    const std::string second = R"("1":)" + replaced(luks_slot, "32768", "36864") + ",";
    CHECK(problem_of(replaced(luks_json(), R"("0":)", second + R"("0":)")) == "two keyslots overlap");
}

TEST_CASE("nesting and numbers of values are limited", "[REQ-50]") {
    const std::string deep =
        "{\"type\":\"x\",\"keyslots\":[],\"a\":" + std::string(40, '[') + std::string(40, ']') + "}";
    CHECK(problem_of(luks_json(R"({"0":)" + deep + "}")).find("deeply") != std::string::npos);
    LuksMaker large;
    large.copy_size = 128U << 10;
    std::string many = "1";
    for (int i = 0; i < 40'000; ++i)
        many += ",1";
    const std::string token = R"({"0":{"type":"x","keyslots":[],"a":[)" + many + "]}}";
    CHECK(parse_luks_header(large.area(luks_json(token))).first.problem.find("many") != std::string::npos);
}

TEST_CASE("a token may hold what only its own program understands") {
    const std::string token = R"({"0":{"type":"x","keyslots":["0"],"path":"no base64!","share":1.5}})";
    const auto header = parse_luks_header(maker.area(luks_json(token)));
    REQUIRE(header.consistent());
    CHECK(header.first.metadata->tokens.at(0).type == "x");
}
