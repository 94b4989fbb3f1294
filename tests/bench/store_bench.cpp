// What the store takes: events made durable in batches, one alone, and opening a store with history.
// The directory is the argument's, so that the figures are of the file system that matters.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <vector>

#include "bench/figure.hpp"
#include "core/unique_fd.hpp"
#include "state/store.hpp"
#include "support/sample_events.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd;

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

std::unique_ptr<Store> opened(const std::string& directory) {
    StoreOpening opening;
    auto store = open_store({.directory = directory}, opening);
    if (store) return std::move(*store);
    std::fprintf(stderr, "%s\n", store.error().message.c_str());
    std::exit(1);
}

void append(Store& store, const std::vector<EventDraft>& drafts, const std::vector<LedgerEntry>& entries) {
    const auto stored = store.append(drafts, entries);
    if (stored && stored->size() == drafts.size()) return;
    std::fprintf(stderr, "append failed\n");
    std::exit(1);
}

std::uint64_t next_id = 1;
double batched_cpu = 0;

// What the process itself took, whoever else uses the machine.
double cpu_milliseconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// Appends batches of `size` until `total` events are stored; returns milliseconds.
double append_batches(Store& store, std::size_t total, std::size_t size) {
    std::vector<std::pair<std::vector<EventDraft>, std::vector<LedgerEntry>>> batches;
    for (std::size_t made = 0; made < total; made += size) {
        auto& [drafts, entries] = batches.emplace_back();
        for (std::size_t i = 0; i < size; ++i, ++next_id) {
            drafts.push_back(test::sample_draft(next_id));
            entries.push_back(test::sample_entry(next_id));
        }
    }
    const double cpu = cpu_milliseconds();
    const auto begin = Clock::now();
    for (const auto& [drafts, entries] : batches)
        append(store, drafts, entries);
    batched_cpu = cpu_milliseconds() - cpu;
    return milliseconds_since(begin);
}

double p99(std::vector<double> times) {
    std::sort(times.begin(), times.end());
    return times[times.size() * 99 / 100];
}

// What the file system takes to make one page durable: no store can be faster there.
double p99_of_a_sync(const std::string& directory) {
    const UniqueFd fd(open((directory + "/page").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const std::string page(4096, 'x');
    std::vector<double> times;
    for (int i = 0; i < 1000; ++i) {
        const auto begin = Clock::now();
        if (pwrite(fd.get(), page.data(), page.size(), 0) < 0 || fsync(fd.get()) != 0) std::exit(1);
        times.push_back(milliseconds_since(begin));
    }
    return p99(std::move(times));
}

double p99_of_one_alone(Store& store) {
    std::vector<double> times;
    for (int i = 0; i < 3000; ++i, ++next_id) {
        const std::vector drafts{test::sample_draft(next_id)};
        const std::vector entries{test::sample_entry(next_id)};
        const auto begin = Clock::now();
        append(store, drafts, entries);
        times.push_back(milliseconds_since(begin));
    }
    return p99(std::move(times));
}

// The slowest of some, with all of the history's violations resolved but a thousand.
double opening_time(const std::string& directory) {
    double slowest = 0;
    for (int i = 0; i < 5; ++i) {
        const auto begin = Clock::now();
        const auto store = opened(directory);
        const auto entries = store->load_entries();
        slowest = std::max(slowest, milliseconds_since(begin));
        if (!entries || entries->size() != 1000 || store->last_sequence() != 10'000) std::exit(1);
    }
    return slowest;
}

void fill_with_history(const std::string& directory) {
    const auto store = opened(directory);
    std::uint64_t id = 1;
    for (int batch = 0; batch < 10; ++batch) {
        std::vector<EventDraft> drafts;
        std::vector<LedgerEntry> entries;
        for (int i = 0; i < 1000; ++i) {
            const bool resolves = batch > 0;
            drafts.push_back(test::sample_draft(id, resolves ? EventType::resolved : EventType::raised));
            if (!resolves) entries.push_back(test::sample_entry(id));
            ++id;
        }
        append(*store, drafts, entries);
    }
}

struct Durable {
    double batched = 0;      // events a second
    double batched_cpu = 0;  // events a second of CPU
    double alone_p99 = 0;    // ms
    double sync_p99 = 0;     // ms
};

Durable measure() {
    const test::TemporaryDirectory directory;
    const auto store = opened(directory.path());
    constexpr std::size_t total = 100'000;
    Durable figures;
    figures.batched = total / append_batches(*store, total, 1000) * 1000;
    figures.batched_cpu = total / batched_cpu * 1000;
    figures.alone_p99 = p99_of_one_alone(*store);
    figures.sync_p99 = p99_of_a_sync(directory.path());
    return figures;
}

}  // namespace

// The limits are for what the store itself costs: in memory, where a sync is free. What the disk adds is printed
// beside it, with what one sync takes there; FOLDER chooses the disk.
int main(int argc, char** argv) {
    bench::Figures figures;
    using enum bench::Better;
    const char* memory = "/dev/shm";
    const std::string disk = argc > 1 ? argv[1] : std::filesystem::temp_directory_path().string();
    setenv("TMPDIR", access(memory, W_OK) == 0 ? memory : disk.c_str(), 1);
    const Durable own = measure();
    figures.print("store.batched", own.batched, "events/s", 50'000, higher);
    figures.tell("store.batched.cpu", own.batched_cpu, "events/s of CPU");
    figures.print("store.alone.p99", own.alone_p99, "ms", 1, lower);
    setenv("TMPDIR", disk.c_str(), 1);
    const Durable on_disk = measure();
    figures.tell("store.batched.disk", on_disk.batched, "events/s");
    figures.tell("store.alone.p99.disk", on_disk.alone_p99, "ms");
    figures.tell("store.alone.p99.disk.sync", on_disk.sync_p99, "ms for one sync of this file system");
    const test::TemporaryDirectory directory;
    fill_with_history(directory.path());
    figures.print("store.open.10000", opening_time(directory.path()), "ms", 50, lower);
    return figures.status();
}
