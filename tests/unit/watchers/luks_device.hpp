// A LuksWatcher on a header that the test puts there, a TPM with the PCRs that sealed the real ones, and time that the
// test moves.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "core/memory_file.hpp"
#include "support/fake_tpm.hpp"
#include "support/forwarding_opener.hpp"
#include "support/luks_maker.hpp"
#include "support/temporary_directory.hpp"
#include "support/turn.hpp"
#include "unit/sources/luks_vectors.hpp"
#include "unit/watchers/watched_device.hpp"
#include "watchers/luks/luks_watcher.hpp"

namespace integrityd::test {

// The real one, but for the block device and the table of a mapping, which no test of one process has.
class LuksOpener final : public ForwardingOpener {
public:
    using ForwardingOpener::ForwardingOpener;

    Result<LuksArea> luks_header(std::string_view volume) override {
        auto area = ForwardingOpener::luks_header(volume);
        if (area) area->device = device;
        return area;
    }
    Result<UniqueFd> dm_table(std::string_view /*volume*/) override {
        if (table_error != 0) return Error{"device-mapper: refused", table_error};
        return make_sealed_file("table", table);
    }

    std::string device;
    std::string table;
    int table_error = ENXIO;
};

struct LuksDevice : WatchedDevice {
    TemporaryDirectory directory{memory_path()};
    std::shared_ptr<FakeTpm> tpm = std::make_shared<FakeTpm>();
    std::unique_ptr<LuksOpener> opener;
    std::unique_ptr<LuksWatcher> watcher;

    LuksDevice() { config.luks.volumes = {{.name = "var", .device = directory / "disk"}}; }

    LuksVolume& volume() { return config.luks.volumes.front(); }
    void put(const std::string& bytes) const { std::ofstream(directory / "disk", std::ios::binary) << bytes; }
    void put_vector(const std::string& name) const { put(luks_vector(name)); }
    // What was looked at, as it is now.
    [[nodiscard]] bool still_holds_vector(const std::string& name) const {
        std::ifstream in(directory / "disk", std::ios::binary);
        return sha256_hex(std::string(std::istreambuf_iterator<char>(in), {})) == sha256_hex(luks_vector(name));
    }
    void begin() {
        opener = std::make_unique<LuksOpener>(direct_opener());
        watcher = std::make_unique<LuksWatcher>(context(*opener), tpm, directory.path());
    }
    void start() {
        begin();
        watcher->start();
        settle();
    }
    // What is doubtful is looked at once more after a second.
    void settle() {
        turn_until_quiet(loop, worker);
        loop.advance(std::chrono::seconds(1));
        turn_until_quiet(loop, worker);
    }
    void look() {
        if (!watcher->check()) std::abort();
        settle();
    }
    void accept() {
        const auto diff = watcher->diff_baseline();
        if (!diff || !watcher->accept_baseline(diff->digest, Wanted())) std::abort();
        settle();
    }
    // As far as these go; the answer.
    [[nodiscard]] Result<void> accept_only(std::vector<Wanted::Item> items) {
        const auto diff = watcher->diff_baseline();
        if (!diff) std::abort();
        auto accepted = watcher->accept_baseline(diff->digest, Wanted(std::move(items)));
        settle();
        return accepted;
    }
    // All that holds of volumes, by name of the kind.
    [[nodiscard]] std::set<std::string> kinds() const {
        std::set<std::string> all;
        for (const auto& [key, seen] : present.held)
            if (key.first.starts_with("luks.")) all.insert(key.first);
        return all;
    }
};

// A sealed volume that was accepted, with the TPM that sealed it.
struct AcceptedVolume : LuksDevice {
    AcceptedVolume() {
        tpm->pcrs = enrolment_pcrs();
        put_vector("good");
        start();
        accept();
    }
};

// A volume of the test's own making, opened by a password and accepted so.
struct MadeVolume : LuksDevice {
    MadeVolume() {
        volume().keyslots = {"password"};
        write(maker.sequence);
        start();
        accept();
    }
    void write(std::uint64_t sequence) {
        maker.sequence = sequence;
        put(maker.area(luks_json()));
    }
    void write_and_look(std::uint64_t sequence) {
        write(sequence);
        look();
    }
    LuksMaker maker;
};

// "var" and "home", each opened by a password.
struct TwoVolumes : LuksDevice {
    TwoVolumes() {
        volume().keyslots = {"password"};
        config.luks.volumes.push_back({.name = "home", .device = directory / "home", .keyslots = {"password"}});
        put_var(maker.area(luks_json()));
        put_home(maker.area(luks_json()));
    }
    void put_var(const std::string& bytes) const { put(bytes); }
    void put_home(const std::string& bytes) const { std::ofstream(directory / "home", std::ios::binary) << bytes; }
    // The same with a second slot, written once more.
    [[nodiscard]] static std::string with_slot() {
        LuksMaker later;
        ++later.sequence;
        const std::string second = R"("keyslots":{"1":)" + replaced(luks_slot, "32768", "290816") + ",";
        std::string json = replaced(luks_json(), R"("keyslots":{)", second);
        return later.area(replaced(json, R"("keyslots":["0"])", R"("keyslots":["0","1"])"));
    }
    [[nodiscard]] std::string inconsistent() const {
        LuksMaker later = maker;
        ++later.sequence;
        return later.copy(luks_json(), 0) + maker.copy(luks_json(), maker.copy_size);
    }
    LuksMaker maker;
};

}  // namespace integrityd::test
