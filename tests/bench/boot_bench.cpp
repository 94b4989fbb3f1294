// How long a boot takes to be judged, and an IMA list to be followed; beside tpm2_eventlog on the same log in the same
// run.
//
// `bench-boot` makes a log of 73 KB, as large as the largest of real devices that are known, from what such logs are
// made of, and an IMA list of 100,000 entries. `bench-boot --ima FILE` is a reader of its own, so that its memory is.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "bench/figure.hpp"
#include "bench/usage.hpp"
#include "sources/ima_replay.hpp"
#include "support/boot_vectors.hpp"
#include "support/event_log_editor.hpp"
#include "support/temporary_directory.hpp"
#include "watchers/boot/boot_judge.hpp"

using namespace integrityd;
using namespace integrityd::test;
using bench::Better;
using bench::SteadyClock;

namespace {

constexpr std::size_t log_bytes = 73'000;
constexpr unsigned ima_entries = 100'000;

// Firmware, keys, drivers, a loader and a kernel; the rest is what fills such logs: certificates and tables.
std::string make_log() {
    using namespace event_type;
    EditedLog log;
    log.add(0, s_crtm_version, utf16("1.2"));
    for (int i = 0; i < 12; ++i)
        log.add(0, platform_firmware_blob, std::string(16, 'b'), "volume " + std::to_string(i));
    log.add(7, variable_driver_config, variable_data("SecureBoot", "\x01"));
    for (const std::string name : {"PK", "KEK", "db"})
        log.add(7, variable_driver_config, variable_data(name, signature_list({name + std::string(1500, 'k')})));
    std::vector<std::string> revoked;
    for (int i = 0; i < 250; ++i)
        revoked.push_back(digest_of(tcg::sha256, std::to_string(i)));
    log.add(7, variable_driver_config, variable_data("dbx", hash_list(revoked)));
    log.add(7, separator, std::string(4, '\0'));
    for (std::uint32_t pcr = 0; pcr < 7; ++pcr)
        log.add(pcr, separator, std::string(4, '\0'));
    log.add(7, variable_authority, variable_data("db", std::string(16, '\x22') + "certificate"));
    log.add(4, boot_services_application, std::string(200, '\0'), "loader");
    log.add(4, boot_services_application, std::string(200, '\0'), "kernel");
    while (log.bytes().size() < log_bytes)
        log.add(1, variable_boot, variable_data("Boot0001", std::string(350, 'x')));
    return log.bytes();
}

MeasuredBoot measured_by(const std::string& bytes) {
    MeasuredBoot boot;
    boot.log = bytes;
    const Replay replay = replay_event_log(parse_event_log(bytes));
    for (const ReplayedBank& bank : replay.banks) {
        for (std::uint32_t pcr = 0; pcr < most_pcrs; ++pcr)
            boot.pcrs[bank.algorithm][pcr] = bank.value(pcr);
    }
    return boot;
}

// Everything between the bytes and what is told of them.
std::size_t judge_once(const MeasuredBoot& boot, const BootAccepted* accepted, BootAccepted* out) {
    const BootView view(boot, {}, 0);
    const PcrReference reference;
    const auto states = match_pcrs(view.replay, boot.pcrs, reference, {});
    if (out != nullptr) *out = accept_view(view, states, nullptr);
    return judge_log(view, states, accepted, [](const std::string&) { return std::string(); }).size();
}

double median_ms(int runs, const std::function<void()>& once) {
    std::vector<double> times;
    for (int i = 0; i < runs; ++i) {
        const auto begin = SteadyClock::now();
        once();
        times.push_back(bench::seconds(SteadyClock::now() - begin) * 1000);
    }
    return bench::percentile(times, 0.5);
}

std::string ima_entry(unsigned number) {
    const std::string path = "/usr/lib/x86_64-linux-gnu/library-" + std::to_string(number) + ".so" + '\0';
    const std::string field = std::string("sha256:\0", 8) + digest_of(tcg::sha256, path);
    const std::string data = little(field.size(), 4) + field + little(path.size(), 4) + path;
    return little(10, 4) + digest_of(tcg::sha1, data) + little(6, 4) + "ima-ng" + little(data.size(), 4) + data;
}

// The seconds it took go to standard output; the peak of its memory with them.
int read_ima(const char* file) {
    const int fd = open(file, O_RDONLY | O_CLOEXEC);
    ImaReplay replay({tcg::sha256});
    ImaLogReader reader;
    std::uint64_t wrong = 0;
    std::vector<char> block(1U << 16);
    const auto begin = SteadyClock::now();
    for (ssize_t got = 0; (got = read(fd, block.data(), block.size())) > 0;) {
        reader.feed({block.data(), static_cast<std::size_t>(got)},
                    [&](const ImaEntry& entry) { wrong += replay.add(entry, reader.algorithm()) ? 0 : 1; });
    }
    const double seconds = bench::seconds(SteadyClock::now() - begin);
    (void)close(fd);
    if (wrong != 0 || !reader.problem().empty()) return 1;
    std::printf("%.9f %.3f %llu\n", seconds, bench::usage_of(getpid()).peak_rss_mb,
                static_cast<unsigned long long>(reader.entries()));
    return 0;
}

struct ImaRead {
    double seconds = 0;
    double peak_mb = 0;
    double entries = 0;
};

ImaRead run_ima(const std::string& self, const std::string& file) {
    ImaRead out;
    FILE* const pipe = popen((self + " --ima " + file).c_str(), "r");
    if (pipe == nullptr || std::fscanf(pipe, "%lf %lf %lf", &out.seconds, &out.peak_mb, &out.entries) != 3)
        std::fprintf(stderr, "the reader of %s failed\n", file.c_str());
    if (pipe != nullptr) (void)pclose(pipe);
    return out;
}

void write_ima(const std::string& file, unsigned entries) {
    std::ofstream out(file, std::ios::binary);
    for (unsigned i = 0; i < entries; ++i)
        out << ima_entry(i);
}

void bench_log(bench::Figures& figures, const TemporaryDirectory& directory) {
    const std::string bytes = make_log();
    const std::string file = directory / "log";
    std::ofstream(file, std::ios::binary) << bytes;
    const MeasuredBoot boot = measured_by(bytes);
    BootAccepted accepted;
    if (judge_once(boot, nullptr, &accepted) != 0 || judge_once(boot, &accepted, nullptr) != 0)
        std::fprintf(stderr, "the log of this bench is not good by itself\n");
    figures.tell("boot_log", static_cast<double>(bytes.size()) / 1024, "KiB");
    figures.print("boot_judged", median_ms(200, [&] { (void)judge_once(boot, &accepted, nullptr); }), "ms", 1,
                  Better::lower);
    const std::string other = "tpm2_eventlog " + file + " >/dev/null 2>&1";
    if (std::system("command -v tpm2_eventlog >/dev/null") == 0)
        figures.tell("tpm2_eventlog", median_ms(20, [&] { (void)std::system(other.c_str()); }), "ms");
}

void bench_ima(bench::Figures& figures, const TemporaryDirectory& directory, const std::string& self) {
    write_ima(directory / "short", ima_entries / 10);
    write_ima(directory / "long", ima_entries);
    const ImaRead few = run_ima(self, directory / "short");
    std::vector<double> rates;
    ImaRead many;
    for (int i = 0; i < 5; ++i) {
        many = run_ima(self, directory / "long");
        rates.push_back(many.entries / many.seconds);
    }
    figures.print("ima_followed", bench::percentile(rates, 0.5), "entries/s", 500'000, Better::higher);
    // Pages that the system had free for the one and not for the other.
    figures.print("ima_memory_of_ten_times_the_entries", many.peak_mb - few.peak_mb, "MB", 0.5, Better::lower);
}

bool is_log(const std::filesystem::directory_entry& entry) {
    const std::string extension = entry.path().extension().string();
    return entry.is_regular_file() && extension != ".json" && extension != ".yaml";
}

// Whether a process of its own is ended by a signal.
bool crashes(const std::function<void()>& work) {
    (void)std::fflush(stdout);  // else the child has it, too
    const pid_t child = fork();
    if (child == 0) {
        work();
        _exit(0);
    }
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

// Every log that is known, of real machines and malformed ones: which of the two programs does not survive it.
void bench_vectors(bench::Figures& figures) {
    namespace fs = std::filesystem;
    if (!fs::exists(vectors_root() / "eventlogs")) return;
    const bool has_other = std::system("command -v tpm2_eventlog >/dev/null") == 0;
    unsigned logs = 0, ours = 0, others = 0;
    for (const auto& entry : fs::recursive_directory_iterator(vectors_root() / "eventlogs")) {
        if (!is_log(entry)) continue;
        ++logs;
        const std::string bytes = vector_bytes(fs::relative(entry.path(), vectors_root()).string());
        ours += crashes([&] { (void)judge_once(measured_by(bytes), nullptr, nullptr); }) ? 1 : 0;
        const auto other = [&] {
            (void)std::freopen("/dev/null", "w", stdout);
            (void)std::freopen("/dev/null", "w", stderr);
            (void)execlp("tpm2_eventlog", "tpm2_eventlog", entry.path().c_str(), nullptr);
        };
        others += has_other && crashes(other) ? 1 : 0;
    }
    figures.tell("logs_of_vectors", logs, "logs");
    figures.print("crashes_over_vectors", ours, "logs", 0, Better::lower);
    if (has_other) figures.tell("tpm2_eventlog_crashes_over_vectors", others, "logs");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 3 && std::strcmp(argv[1], "--ima") == 0) return read_ima(argv[2]);
    bench::Figures figures;
    const TemporaryDirectory directory;
    bench_log(figures, directory);
    bench_vectors(figures);
    bench_ima(figures, directory, std::filesystem::read_symlink("/proc/self/exe").string());
    return figures.status();
}
