// Headers made by real tools, good and with faults: every one is read as it is, and libcryptsetup agrees.
#include "unit/sources/luks_vectors.hpp"

#include <array>
#include <cstdio>
#include <libcryptsetup.h>
#include <memory>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/luks_area.hpp"
#include "core/memory_file.hpp"
#include "core/read_file.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

struct Freed {
    void operator()(crypt_device* device) const { crypt_free(device); }
};
using Device = std::unique_ptr<crypt_device, Freed>;

// libcryptsetup's opinion on a copy in memory: as root it repairs what it loads.
struct Opinion {
    UniqueFd file;
    Device device;

    explicit Opinion(const std::string& bytes) {
        auto made = make_memory_file("luks", bytes);
        REQUIRE(made);
        file = std::move(*made);
        REQUIRE(ftruncate(file.get(), 20 << 20) == 0);
        crypt_set_log_callback(
            nullptr, [](int, const char*, void*) {}, nullptr);
        crypt_device* raw = nullptr;
        const std::string path = "/proc/self/fd/" + std::to_string(file.get());
        if (crypt_init(&raw, path.c_str()) < 0) return;
        device.reset(raw);
        if (crypt_load(raw, CRYPT_LUKS, nullptr) < 0) device.reset();
    }
};

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(luks_vectors() / "generated"))
        if (entry.path().extension() == ".luks2hdr") all.push_back(entry.path().stem().string());
    return all;
}

// What cannot be unpacked fails the test that asks for it.
std::string unpacked(const std::string& command) {
    std::string bytes;
    std::array<char, 65536> part{};
    FILE* const pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    while (const std::size_t got = fread(part.data(), 1, part.size(), pipe))
        if (bytes.size() < (16U << 20)) bytes.append(part.data(), got);
    pclose(pipe);
    return bytes;
}
std::string image(const std::string& name) {
    return unpacked("xz -dc '" + (luks_vectors() / "cryptsetup" / (name + ".xz")).string() + "'");
}
std::string member(const std::string& archive, const std::string& name) {
    return unpacked("tar -xJOf '" + (luks_vectors() / "cryptsetup" / (archive + ".tar.xz")).string() + "' " + name);
}
LuksHeader read(const std::string& bytes) {
    const auto file = make_memory_file("luks", bytes);
    REQUIRE(file);
    const auto area = copy_luks_area(*file);
    REQUIRE(area);
    const auto copied = read_whole(*area, 8U << 20);
    REQUIRE(copied);
    return parse_luks_header(*copied);
}

}  // namespace

TEST_CASE("real headers are read as libcryptsetup reads them", "[REQ-50]") {
    if (!have_luks_vectors()) return;
    REQUIRE(names().size() >= 25);
    for (const auto& name : names()) {
        INFO(name);
        const auto header = parse_luks_header(luks_vector(name));
        const Opinion opinion(luks_vector(name));
        REQUIRE((header.copy() != nullptr) == (opinion.device != nullptr));
        if (!opinion.device || !header.consistent()) continue;
        const auto& metadata = *header.copy()->metadata;
        CHECK(header.copy()->uuid == crypt_get_uuid(opinion.device.get()));
        const std::string cipher =
            std::string(crypt_get_cipher(opinion.device.get())) + "-" + crypt_get_cipher_mode(opinion.device.get());
        CHECK(metadata.segments.at(0).encryption == cipher);
        for (int slot = 0; slot < 32; ++slot) {
            const bool there = crypt_keyslot_status(opinion.device.get(), slot) >= CRYPT_SLOT_ACTIVE;
            CHECK((metadata.keyslot(static_cast<unsigned>(slot)) != nullptr) == there);
        }
    }
}

TEST_CASE("headers with faults are told apart from sound ones", "[REQ-50]") {
    if (!have_luks_vectors()) return;
    CHECK(parse_luks_header(luks_vector("good")).consistent());
    const auto first_bad = parse_luks_header(luks_vector("primary-bad-csum"));
    CHECK(first_bad.first.problem == "the checksum is wrong");
    CHECK(first_bad.copy() == &first_bad.second);
    CHECK(parse_luks_header(luks_vector("both-bad-csum")).copy() == nullptr);
    const auto newer = parse_luks_header(luks_vector("secondary-newer-seqid"));
    CHECK(newer.differences == std::vector<std::string>{"sequence", "ciphers"});
    CHECK(parse_luks_header(luks_vector("digest-no-segment")).first.problem == "segment 0 has no digest of its key");
    CHECK(luks_metadata("req-unknown").requirements == std::vector<std::string>{"some-future-flag"});
    CHECK(luks_metadata("flags-allow-discards").flags.size() == 2);
}

TEST_CASE("a real header that is cut anywhere is never consistent", "[REQ-50]") {
    if (!have_luks_vectors()) return;
    const std::string whole = luks_vector("good");
    for (std::size_t size = 0; size < whole.size(); ++size)
        REQUIRE_FALSE(parse_luks_header(std::string_view(whole).substr(0, size)).consistent());
}

TEST_CASE("cryptsetup's own test images are read, whatever the size of their header", "[REQ-50]") {
    if (!have_luks_vectors()) return;
    CHECK(read(image("luks2_valid_hdr.img")).consistent());
    CHECK(read(image("blkid-luks2-pv.img")).format == LuksFormat::luks2);
    for (const auto* const size : {"16", "128", "1024", "2048", "4096"}) {
        INFO(size);
        const auto header = read(member("luks2_mda_images", "test_image_" + std::string(size)));
        CHECK(header.consistent());
        CHECK(header.first.size == std::stoull(size) * 1024);
    }
    const auto unassigned = read(image("luks2_keyslot_unassigned.img"));
    REQUIRE(unassigned.copy() != nullptr);
    const auto* const alone = unassigned.copy()->metadata->digest_of_keyslot(1);
    REQUIRE(alone != nullptr);
    CHECK(alone->segments.empty());
    CHECK(
        read(member("luks2_header_requirements", "luks2_header_requirements")).copy()->metadata->requirements.size() >=
        1);
}

TEST_CASE("LUKS1 is read into the same form, and its evil headers are refused", "[REQ-50]") {
    if (!have_luks_vectors()) return;
    const auto one = read(member("luks1-images", "luks1-images/luks1_aes-xts-plain64-sha256.img"));
    REQUIRE(one.format == LuksFormat::luks1);
    REQUIRE(one.consistent());
    CHECK(one.first.metadata->segments.at(0).encryption == "aes-xts-plain64");
    CHECK(one.first.metadata->keyslots.size() >= 1);
    CHECK(one.first.uuid.size() == 36);
    CHECK(read(image("valid_header_file")).consistent());
    for (const auto* const name : {"evil_hdr-keyslot_overlap", "evil_hdr-luks_hdr_damage", "evil_hdr-payload_overwrite",
                                   "evil_hdr-stripes_payload_dmg"}) {
        INFO(name);
        const auto evil = read(image(name));
        CHECK_FALSE(evil.consistent());
    }
}
