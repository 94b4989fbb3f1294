#include "core/digest.hpp"

#include <random>

#include <catch2/catch.hpp>

using namespace integrityd;

TEST_CASE("SHA-256 gives the digests of FIPS 180-4's examples") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a digest in pieces is the digest of the whole, and the object starts anew") {
    Sha256 hash;
    for (int round = 0; round < 2; ++round) {
        hash.update("a");
        hash.update("");
        hash.update("bc");
        CHECK(hash.finish() == sha256("abc"));
    }
    Sha256 moved = std::move(hash);
    moved.update("abc");
    CHECK(to_hex(moved.finish()) == sha256_hex("abc"));
}

TEST_CASE("hexadecimal is read in both cases and nothing else is") {
    CHECK(to_hex(std::string("\x00\xff\x1a", 3)) == "00ff1a");
    CHECK(from_hex("00fF1A") == std::string("\x00\xff\x1a", 3));
    CHECK(from_hex("") == "");
    for (const char* wrong : {"0", "0g", "0x", " 0", "00 "})
        CHECK_FALSE(from_hex(wrong));
}

TEST_CASE("base64 gives the examples of RFC 4648") {
    const std::pair<std::string, std::string> examples[] = {{"", ""},
                                                            {"f", "Zg=="},
                                                            {"fo", "Zm8="},
                                                            {"foo", "Zm9v"},
                                                            {"foob", "Zm9vYg=="},
                                                            {"fooba", "Zm9vYmE="},
                                                            {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : examples) {
        CHECK(to_base64(bytes) == text);
        CHECK(from_base64(text) == bytes);
    }
}

TEST_CASE("base64 has one spelling for one value") {
    for (const char* wrong : {"Zg", "Zg=", "Zg==\n", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm9v Zm9v", "Zm-_"})
        CHECK_FALSE(from_base64(wrong));
    std::mt19937 random(3);
    for (int round = 0; round < 2000; ++round) {
        std::string bytes(random() % 50, '\0');
        for (char& byte : bytes)
            byte = static_cast<char>(random());
        REQUIRE(from_base64(to_base64(bytes)) == bytes);
        REQUIRE(from_hex(to_hex(bytes)) == bytes);
    }
}
