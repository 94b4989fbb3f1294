// integrityctl luks: what it makes of the daemon's report.
#include <catch2/catch.hpp>

#include "ctl.hpp"

using namespace integrityd::test;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

const std::string sealed =
    R"({"name":"var","device":"/dev/disk/by-partlabel/var","mount":"/var","state":"violated","problem":"",)"
    R"("accepted":true,"would_unseal":{"answer":"no","because":"PCR 7 (sha256) is not as sealed"},)"
    R"("findings":[{"kind":"luks.keyslot.added","summary":"keyslot 0 (password) more than accepted"}],)"
    R"("mapping":{"name":"encrypted_var","active":true,"device":"254:0","suspended":false,"type":"crypt",)"
    R"("cipher":"aes-xts-plain64","key_bits":512,"flags":[]},"mounted_from":"/dev/mapper/encrypted_var",)"
    R"("format":"luks2","uuid":"a4aa53cb-07df-413c-8ab4-5d627b59f0d3","label":"","sequence":7,)"
    R"("cipher":"aes-xts-plain64","key_bits":512,"slots":[{"number":0,"means":["password"],"cipher":"aes-xts-plain64",)"
    R"("kdf":{"type":"argon2id","memory_kib":1048576,"passes":4}},{"number":1,"means":["tpm2"],)"
    R"("cipher":"aes-xts-plain64","kdf":{"type":"pbkdf2","iterations":1000}}],"tokens":[{"number":0,)"
    R"("type":"systemd-tpm2","means":"tpm2","keyslots":[1],"sealed":[{"pcrs":[7],"bank":"sha256","pin":true,)"
    R"("signed_pcrs":[11],"policy_sha256":"ab","empty":false}],"unknown":[],"problem":"",)"
    R"("would_unseal":{"answer":"no","because":"PCR 7 (sha256) is not as sealed"}}],"flags":[],"requirements":[]})";

}  // namespace

TEST_CASE("Volumes are shown with their slots, their policy and whether the next boot opens them", "[ctl][REQ-52]") {
    Reporting stage(R"({"volumes":[)" + sealed + "]}");
    const Ran shown = stage.run({"luks"});
    CHECK(shown.code == 0);
    for (const auto* const part :
         {"var (/dev/disk/by-partlabel/var)", "violated", "luks.keyslot.added", "no, because: PCR 7", "password",
          "argon2id, 1048576 KiB", "pbkdf2, 1000 iterations", "systemd-tpm2", "PCRs 7 (sha256), signed PCRs 11, PIN",
          "encrypted_var: active, aes-xts-plain64", "512 bits"}) {
        INFO(part);
        CHECK(has(shown.out, part));
    }
    const auto lines = lines_of(stage.run({"luks", "--json"}).out);
    REQUIRE(lines.size() == 1);
    CHECK(json_of(lines[0])["would_unseal.answer"] == "no");
}

TEST_CASE("A device without volumes, and one that cannot be read, are shown as such", "[ctl]") {
    Reporting none(R"({"volumes":[]})");
    CHECK(has(none.run({"luks"}).out, "No encrypted volumes"));
    Reporting missing(R"({"volumes":[{"name":"var","device":"/dev/x","state":"missing","problem":"No such file"}]})");
    CHECK(has(missing.run({"luks"}).out, "missing"));
    Reporting nonsense("nonsense");
    CHECK(nonsense.run({"luks"}).code == 1);
}

TEST_CASE("What a header says cannot act on a terminal", "[ctl][REQ-17]") {
    Reporting stage(
        R"({"volumes":[{"name":"v\u001b[2J","device":"\r","state":"\u009b1m","problem":"\u202e",)"
        R"("slots":[{"number":0,"means":["\u001b"]}],"tokens":[{"type":"\u001b"}],"findings":[{"kind":"\u001b"}]}]})");
    const std::string out = stage.run({"luks"}).out;
    CHECK_FALSE(has(out, "\033"));
    CHECK_FALSE(has(out, "\r"));
    CHECK_FALSE(has(out, "\xc2\x9b"));
}
