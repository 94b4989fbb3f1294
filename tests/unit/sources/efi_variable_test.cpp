#include "sources/efi_variable.hpp"

#include <catch2/catch.hpp>

#include "core/digest.hpp"
#include "sources/certificate_name.hpp"
#include "sources/event_log.hpp"
#include "sources/event_types.hpp"
#include "support/boot_vectors.hpp"
#include "support/event_log_editor.hpp"

using namespace integrityd;
using namespace integrityd::test;

TEST_CASE("a variable of an event is its name and its value, and nothing may follow") {
    const std::string guid("\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c", 16);
    const std::string bytes = variable_data("SecureBoot", "\x01", guid);
    const auto variable = parse_efi_variable(bytes);
    REQUIRE(variable);
    CHECK(variable->guid == "8be4df61-93ca-11d2-aa0d-00e098032b8c");
    CHECK(variable->name == "SecureBoot");
    CHECK(variable->data == "\x01");
    CHECK_FALSE(parse_efi_variable(bytes + "x"));
    for (std::size_t size = 0; size < bytes.size(); ++size)
        CHECK_FALSE(parse_efi_variable(std::string_view(bytes).substr(0, size)));
}

TEST_CASE("names are UTF-16, and what is no text is replaced") {
    CHECK(utf16_text(std::string("d\0b\0\0\0x\0", 8)) == "db");
    CHECK(utf16_text(std::string("\xac\x20", 2)) == "\xe2\x82\xac");
    CHECK(utf16_text(std::string("\x3d\xd8\x00\xde", 4)) == "\xf0\x9f\x98\x80");
    CHECK(utf16_text(std::string("\x3d\xd8\x41\x00", 4)) ==
          "\xef\xbf\xbd"
          "A");
}

TEST_CASE("signature lists are sets: certificates by their digest, hashes by themselves") {
    const std::string bytes = signature_list({"certificate one", "two"}) + hash_list({std::string(32, '\x44')});
    const auto database = parse_signature_lists(bytes);
    CHECK(database.whole);
    REQUIRE(database.signatures.size() == 3);
    CHECK(database.signatures[0].key() == "x509:" + sha256_hex("certificate one"));
    CHECK(database.signatures[1].key() == "x509:" + sha256_hex("two"));
    CHECK(database.signatures[2].key() == "sha256:" + std::string(64, '4'));
    std::size_t whole = 0;
    for (std::size_t size = 1; size < bytes.size(); ++size)
        whole += parse_signature_lists(std::string_view(bytes).substr(0, size)).whole ? 1 : 0;
    CHECK(whole == 2);  // behind each list
}

TEST_CASE("the keys of a real machine have names") {
    if (!have_boot_vectors()) return;
    const std::string bytes = vector_bytes("eventlogs/go-attestation/sb_cert_eventlog");
    const EventLog log = parse_event_log(bytes);
    std::vector<std::string> subjects;
    std::size_t revoked = 0;
    for (const LogEvent& event : log.events) {
        if (event.type != event_type::variable_driver_config) continue;
        const auto variable = parse_efi_variable(event.data);
        REQUIRE(variable);
        if (variable->name == "SecureBoot") continue;
        const auto database = parse_signature_lists(variable->data);
        CHECK(database.whole);
        if (variable->name == "dbx") revoked = database.signatures.size();
        for (const auto& signature : database.signatures) {
            if (signature.type == SignatureType::x509) subjects.push_back(certificate_subject(signature.data));
        }
    }
    CHECK(revoked > 50);
    CHECK(std::ranges::any_of(subjects, [](const auto& subject) {
        return subject.find("Microsoft Corporation UEFI CA 2011") != std::string::npos;
    }));
    CHECK(std::ranges::none_of(subjects, is_test_key));
}

TEST_CASE("keys of reference code and of Debian's tests are known as such") {
    CHECK(is_test_key("CN=DO NOT TRUST - AMI Test PK"));
    CHECK(is_test_key("CN=DO NOT SHIP - PK"));
    CHECK(is_test_key("O=SnakeOil,L=Fort Collins,ST=Colorado,C=US"));
    CHECK_FALSE(is_test_key("CN=Product Platform Key"));
    CHECK(certificate_subject("no certificate").empty());
}
