// The kernel's list of measured files: those of real machines, in pieces, and changed.
#include <array>

#include <catch2/catch.hpp>

#include "core/digest.hpp"
#include "sources/event_log_replay.hpp"
#include "sources/ima_log.hpp"
#include "sources/ima_replay.hpp"
#include "support/boot_vectors.hpp"
#include "support/event_log_editor.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

struct Listed {
    std::uint64_t entries = 0;
    std::uint64_t violations = 0;
    std::uint64_t wrong = 0;
    std::uint64_t files = 0;
    std::string first_path;
    std::string problem;
    std::size_t unfinished = 0;
};

Listed read_list(const std::string& bytes, std::size_t piece, ImaReplay& replay) {
    Listed out;
    ImaLogReader reader;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        reader.feed(std::string_view(bytes).substr(at, piece), [&](const ImaEntry& entry) {
            const auto file = parse_ima_file(entry);
            if (out.entries++ == 0 && file) out.first_path = file->path;
            out.files += file ? 1 : 0;
            out.violations += entry.violation ? 1 : 0;
            if (!replay.add(entry, reader.algorithm())) ++out.wrong;
        });
    }
    out.problem = reader.problem();
    out.unfinished = reader.unfinished();
    return out;
}

Listed read_list(const std::string& bytes, std::size_t piece = 1U << 16) {
    ImaReplay replay({tcg::sha1, tcg::sha256});
    return read_list(bytes, piece, replay);
}

// An entry of the template ima-ng as the kernel writes it.
std::string entry(const std::string& path, bool violation = false) {
    const std::string digest = std::string("sha256:\0", 8) + digest_of(tcg::sha256, path);
    const std::string name = path + '\0';
    const std::string data = little(digest.size(), 4) + digest + little(name.size(), 4) + name;
    return little(10, 4) + (violation ? std::string(20, '\0') : digest_of(tcg::sha1, data)) + little(6, 4) + "ima-ng" +
           little(data.size(), 4) + data;
}

}  // namespace

TEST_CASE("lists of real machines are whole, and every digest in them is that of its entry") {
    if (!have_boot_vectors()) return;
    struct Case {
        const char* name;
        std::uint64_t entries;
        std::uint64_t violations;
    };
    for (const Case& known :
         {Case{"guard-oss/h12ssl.before.measurements", 4797, 6}, Case{"guard-oss/h12ssl.created.measurements", 4872, 6},
          Case{"guard-oss/h12ssl.changed.measurements", 4878, 6}}) {
        INFO(known.name);
        const Listed list = read_list(vector_bytes(std::string("ima/") + known.name));
        CHECK(list.problem.empty());
        CHECK(list.unfinished == 0);
        CHECK(list.entries == known.entries);
        CHECK(list.files == known.entries);
        CHECK(list.violations == known.violations);
        CHECK(list.wrong == 0);
        CHECK(list.first_path == "boot_aggregate");
    }
    for (const std::string name :
         {"ima-verify/binary_runtime_measurements_sha1", "ima-verify/binary_runtime_measurements_sha256"}) {
        INFO(name);
        const Listed list = read_list(vector_bytes("ima/" + name));
        CHECK(list.problem.empty());
        CHECK(list.entries > 3000);
        CHECK(list.wrong == 0);
    }
}

TEST_CASE("each template is read, and what the kernel could not vouch for is a violation") {
    if (!have_boot_vectors()) return;
    for (const std::string name : {"sml-ima-ng-sha1", "sml-ima-sha1", "sml-ima-sig-sha256"}) {
        INFO(name);
        const Listed good = read_list(vector_bytes("ima/tpm2-tss/" + name + ".bin"));
        CHECK(good.problem.empty());
        CHECK(good.entries > 0);
        CHECK(good.violations == 0);
        CHECK(good.wrong == 0);
        std::string bytes = vector_bytes("ima/tpm2-tss/" + name + "-invalidated.bin");
        if (name == "sml-ima-ng-sha1") bytes += '\0';  // the fixture lacks the name's last byte
        const Listed bad = read_list(bytes);
        CHECK(bad.problem.empty());
        CHECK(bad.violations == 1);
    }
}

TEST_CASE("a list that grew is read on, in pieces of any size, and gives the same PCR") {
    if (!have_boot_vectors()) return;
    const std::string before = vector_bytes("ima/guard-oss/h12ssl.before.measurements");
    const std::string created = vector_bytes("ima/guard-oss/h12ssl.created.measurements");
    REQUIRE(created.starts_with(before));
    ImaReplay whole({tcg::sha1, tcg::sha256});
    (void)read_list(created, 1U << 16, whole);
    ImaReplay pieces({tcg::sha1, tcg::sha256});
    const Listed list = read_list(created, 13, pieces);
    CHECK(list.entries == 4872);
    CHECK(whole.value(tcg::sha256) == pieces.value(tcg::sha256));
    ImaReplay first({tcg::sha1, tcg::sha256});
    (void)read_list(before, 1U << 16, first);
    // The TPM was read when the list had only its first part.
    ImaReplay waiting({tcg::sha1, tcg::sha256});
    waiting.await(tcg::sha256, *first.value(tcg::sha256));
    waiting.await(tcg::sha1, *first.value(tcg::sha1));
    (void)read_list(created, 1U << 16, waiting);
    CHECK(waiting.unmet().empty());
    // And one that the list never gives.
    ImaReplay never({tcg::sha1, tcg::sha256});
    never.await(tcg::sha256, TcgDigest::filled(32, 'x'));
    (void)read_list(created, 1U << 16, never);
    CHECK(never.unmet() == std::vector<HashAlgorithm>{tcg::sha256});
}

TEST_CASE("the first entry is that of the boot that the event log tells of") {
    if (!have_boot_vectors()) return;
    const auto check = [](const std::string& log_name, const std::string& digest, const std::string& algorithm) {
        const std::string bytes = vector_bytes(log_name);
        const Replay replay = replay_event_log(parse_event_log(bytes));
        const std::string raw = *from_hex(digest);
        return check_boot_aggregate({algorithm, raw, "boot_aggregate"},
                                    [&](HashAlgorithm bank, std::uint32_t pcr) -> std::optional<TcgDigest> {
                                        const auto* const found = replay.bank(bank);
                                        if (found == nullptr) return std::nullopt;
                                        return found->value(pcr);
                                    });
    };
    const std::string h12 = "eventlogs/guard-oss/h12ssl.bios_measurements";
    CHECK(check(h12, "7c11114222e9e2373c1da9e4bfbb8d6d3bf7a2d9", "sha1") == BootAggregate::matches);
    CHECK(check(h12, "7c11114222e9e2373c1da9e4bfbb8d6d3bf7a2d8", "sha1") == BootAggregate::differs);
    CHECK(check(h12, std::string(40, '0'), "sha1") == BootAggregate::without_tpm);
    CHECK(check(h12, std::string(96, '1'), "sha384") == BootAggregate::unknown);
    CHECK(check("eventlogs/ima-evm-utils/sample-binary_bios_measurements-pcrs-8-9",
                "83d19723ef3b3c05bb8ae70d86b3886c158f2408f1b71ed265886a7b79eb700e",
                "sha256") == BootAggregate::matches);
    CHECK(check("eventlogs/ima-evm-utils/test_binary_bios_measurements",
                "f1b4c7c9b27e94569f4c2b64051c452bc609c3cb891dd7fae06b758f8bc83d14",
                "sha256") == BootAggregate::matches);
}

TEST_CASE("an entry that was altered is found, wherever the bit is") {
    const std::string bytes = entry("boot_aggregate") + entry("/usr/bin/one") + entry("/usr/bin/two", true);
    const Listed good = read_list(bytes);
    CHECK(good.wrong == 0);
    CHECK(good.violations == 1);
    const std::size_t second = entry("boot_aggregate").size();
    std::size_t unnoticed = 0;
    for (std::size_t at = 0; at < second; ++at) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        const Listed list = read_list(changed);
        // A PCR's number and a template's name are not in the digest: the first moves another PCR's replay, the second
        // takes part in how the entry is read.
        const bool named = at < 4 || (at >= 28 && at < 34);
        if (list.wrong == 0 && list.problem.empty() && list.entries == 3 && !named) ++unnoticed;
    }
    CHECK(unnoticed == 0);
}

TEST_CASE("old kernels' padded bank is recognised by the value that the TPM has") {
    const std::string bytes = entry("boot_aggregate") + entry("/usr/bin/one", true);
    TcgDigest pcr = TcgDigest::filled(32, '\0');
    auto hash = *TcgHash::make(tcg::sha256);
    std::string padded = bytes.substr(4, 20) + std::string(12, '\0');
    hash.extend(pcr, padded);
    hash.extend(pcr, std::string(20, '\xff') + std::string(12, '\0'));
    ImaReplay replay({tcg::sha256});
    replay.await(tcg::sha256, pcr);
    (void)read_list(bytes, 7, replay);
    CHECK(replay.unmet().empty());
    CHECK(replay.value(tcg::sha256) == pcr);
}

TEST_CASE("what is no list says so, and an endless entry is not kept") {
    CHECK_FALSE(read_list(std::string(4000, 'x')).problem.empty());
    std::string huge = entry("/x");
    huge.replace(34, 4, little(largest_ima_data + 1, 4));
    CHECK(read_list(huge).problem.find("larger than 1 MiB") != std::string::npos);
    if (!have_boot_vectors()) return;
    CHECK_FALSE(read_list(vector_bytes("ima/rust-keylime/ascii_runtime_measurements")).problem.empty());
}
