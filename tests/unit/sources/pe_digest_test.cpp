// Against a signing tool: what it puts into the signature is the file's digest, signed or not.
#include "sources/pe_digest.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "support/event_log_editor.hpp"
#include "support/skip.hpp"
#include "support/small_pe.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

Result<std::vector<TcgDigest>> digests(const std::string& bytes) {
    return pe_digests(memory_pe_source(bytes), {tcg::sha1, tcg::sha256});
}

}  // namespace

TEST_CASE("the digest leaves out the checksum and the entry of the signatures, and nothing else") {
    const std::string pe = small_pe();
    const auto whole = digests(pe);
    REQUIRE(whole);
    constexpr std::size_t checksum = 64 + 24 + 64;
    constexpr std::size_t entry = 64 + 24 + 112 + 32;
    const std::string left =
        pe.substr(0, checksum) + pe.substr(checksum + 4, entry - checksum - 4) + pe.substr(entry + 8);
    CHECK(whole->at(1).view() == digest_of(tcg::sha256, left));
    CHECK(whole->at(0).view() == digest_of(tcg::sha1, left));
    for (std::size_t at = 400; at < pe.size(); at += 7) {
        std::string changed = pe;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        CHECK(digests(changed)->at(1).view() != whole->at(1).view());
    }
    std::string summed = pe;
    summed[checksum] = 'x';
    CHECK(digests(summed)->at(1).view() == whole->at(1).view());
}

TEST_CASE("a file with its signature has the digest that it had without") {
    const std::string pe = small_pe();
    std::string with = pe + std::string(24, 's');
    const std::string entry = little(pe.size(), 4) + little(24, 4);
    with.replace(64 + 24 + 112 + 32, 8, entry);
    REQUIRE(digests(with));
    CHECK(digests(with)->at(1).view() == digests(pe)->at(1).view());
    with += "x";
    CHECK(digests(with).error().message.find("not at its end") != std::string::npos);
}

TEST_CASE("a cut or broken file is refused at every byte") {
    const std::string pe = small_pe();
    for (std::size_t size = 0; size < pe.size(); ++size)
        CHECK_FALSE(digests(pe.substr(0, size)));
    std::string many = pe;
    many.replace(64 + 6, 2, little(97, 2));
    CHECK_FALSE(digests(many));
}

TEST_CASE("a section is as long as it is in memory") {
    const std::string pe = small_pe(std::string(512, '\x91'));
    const auto text = pe_section_digest(memory_pe_source(pe), ".text", tcg::sha256);
    REQUIRE(text);
    CHECK(text->view() == digest_of(tcg::sha256, std::string(512, '\x91')));
    CHECK(pe_section_digest(memory_pe_source(pe), ".initrd", tcg::sha256).error().code == ENOENT);
    std::string shorter = pe;
    shorter.replace(64 + 24 + 240 + 8, 4, little(100, 4));
    CHECK(pe_section_digest(memory_pe_source(shorter), ".text", tcg::sha256)->view() ==
          digest_of(tcg::sha256, std::string(100, '\x91')));
}

TEST_CASE("a signing tool computes the same digest") {
    TemporaryDirectory directory;
    const std::string file = directory / "loader.efi";
    std::ofstream(file, std::ios::binary) << small_pe(std::string(4096, '\xc3'));
    const std::string tool = "osslsigncode extract-data -in " + file + " -out " + (directory / "data");
    const bool ran = std::system((tool + " >/dev/null 2>&1").c_str()) == 0;
    if (!skip_unless(ran && std::filesystem::exists(directory / "data"), "needs osslsigncode")) return;
    std::ifstream in(directory / "data", std::ios::binary);
    const std::string data{std::istreambuf_iterator<char>(in), {}};
    const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    // Its default is SHA-256; the structure carries the digest as it is.
    const auto computed = pe_digests(fd, {tcg::sha256});
    (void)close(fd);
    REQUIRE(computed);
    CHECK(data.find(computed->at(0).view()) != std::string::npos);
}
