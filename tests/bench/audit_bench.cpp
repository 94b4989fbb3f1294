// How fast an audit log is read, from the file to findings of rules, beside other programs on the same log in the same
// run.
//
// `bench-audit` makes two logs of 200 MB (RAW and ENRICHED) and runs itself, ausearch, libauparse's feed and, where it
// is installed, laurel on each. `bench-audit --read FILE MODE` is what it runs: one reader, as a process of its own, so
// that its memory is its own. CPU seconds are compared, because they do not depend on who else uses the machine.
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <numeric>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "bench/audit_log_maker.hpp"
#include "bench/figure.hpp"
#include "sources/audit_assembler.hpp"
#include "sources/audit_interest.hpp"
#include "sources/audit_line_reader.hpp"
#include "sources/audit_serials.hpp"
#include "sources/audit_types.hpp"
#include "sources/audit_values.hpp"
#include "support/temporary_directory.hpp"
#include "watchers/audit/audit_rules.hpp"

using namespace integrityd;
using bench::Better;

namespace {

constexpr std::uint64_t log_bytes = 200'000'000;
// laurel takes most of a minute for the whole log; a tenth says as much.
constexpr std::uint64_t short_log_bytes = log_bytes / 10;

// What a reader has done, so that it cannot be left out.
struct Done {
    std::uint64_t events = 0;
    std::uint64_t wanted = 0;
    std::uint64_t text = 0;  // bytes of decoded fields
    std::uint64_t findings = 0;
};

// What a rule has to know: every field once, the text of those that are text.
void parse(const AuditEvent& event, Done& done) {
    for (const AuditRecord& record : event.records) {
        for_each_field(record, [&](const AuditField& field) {
            if (is_text_field(record.number, field.name)) done.text += decode_text(record.number, field).size();
            return true;
        });
    }
}

// As on a device: three rules of its own beside the built-in ones, two of which this log meets.
Config config_of_a_device() {
    Config config;
    config.audit.rules = {
        {.name = "identity files", .key = "identity"},
        {.name = "refused logins", .type = "USER_LOGIN", .success = false},
        {.name = "audit's own files", .key = "audit-log"},
    };
    return config;
}

// Everything between a line and a finding; mode "rules" is what the watcher does, "fields" parses every event.
class Reading {
public:
    explicit Reading(bool rules)
        : by_rules_(rules),
          rules_(config_of_a_device()),
          interest_(rules ? rules_.interests() : AuditInterests{.types = every_type(), .all_syscalls = true}) {}

    void see(const AuditEvent& event) {
        ++done.events;
        if (!interest_.wants(event)) return;
        ++done.wanted;
        if (by_rules_) {
            done.findings += rules_.judge(acts_.read(event), event).size();
        } else {
            parse(event, done);
        }
    }

    Done done;

private:
    static std::vector<std::uint16_t> every_type() {
        std::vector<std::uint16_t> types(2999);
        std::iota(types.begin(), types.end(), std::uint16_t{1});
        return types;
    }

    bool by_rules_;
    AuditRules rules_;
    AuditInterest interest_;
    AuditActReader acts_;
};

int read_log(const char* file, const std::string& mode) {
    const int log = open(file, O_RDONLY | O_CLOEXEC);
    if (log < 0) return 1;
    Reading reading(mode == "rules");
    AuditAssembler assembler([&](const AuditEvent& event) { reading.see(event); });
    AuditSerials serials([](const AuditGap&) {});
    AuditLineReader reader;
    AuditRecordScanner scanner;
    static std::array<char, 64U << 10> buffer;
    for (ssize_t got = 0; (got = read(log, buffer.data(), buffer.size())) > 0;) {
        reader.feed({buffer.data(), static_cast<std::size_t>(got)});
        while (const auto line = reader.next()) {
            const auto record = scanner.scan(line->text, line->may_be_enriched);
            if (!record) continue;
            serials.note(*record, Monotonic(0));
            assembler.add(*record, Monotonic(0));
        }
        assembler.keep();
    }
    assembler.finish();
    serials.finish();
    close(log);
    const Done& done = reading.done;
    for (const std::uint64_t count : {done.events, done.wanted, done.text, done.findings, serials.missing()})
        std::printf("%llu ", static_cast<unsigned long long>(count));
    std::printf("\n");
    return 0;
}

struct Run {
    bool ran = false;
    double cpu = 0;   // seconds, user and system
    double wall = 0;  // seconds
    double rss = 0;   // MB at the peak
};

// Runs a program with its input and output redirected.
Run run(const std::vector<std::string>& words, const std::string& input, const std::string& output) {
    const auto begin = std::chrono::steady_clock::now();
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        std::vector<char*> arguments;
        for (const std::string& word : words)
            arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        if (freopen(input.c_str(), "r", stdin) == nullptr || freopen(output.c_str(), "w", stdout) == nullptr)
            _exit(126);
        if (freopen("/dev/null", "w", stderr) == nullptr) _exit(126);
        execvp(arguments[0], arguments.data());
        _exit(127);
    }
    int status = 0;
    rusage usage{};
    if (child < 0 || wait4(child, &status, 0, &usage) != child) return {};
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return {WIFEXITED(status) && WEXITSTATUS(status) == 0, seconds(usage.ru_utime) + seconds(usage.ru_stime),
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(),
            static_cast<double>(usage.ru_maxrss) / 1024};
}

// The best of three: what is measured is the program, not what else the machine does.
Run best(const std::function<Run()>& once) {
    Run best_run = once();
    for (int i = 0; i < 2 && best_run.ran; ++i) {
        const Run next = once();
        if (next.ran && next.cpu < best_run.cpu) best_run = next;
    }
    return best_run;
}

double megabytes(const std::string& file) {
    return static_cast<double>(std::filesystem::file_size(file)) / 1e6;
}

double tell(bench::Figures& figures, const std::string& name, const Run& run, const std::string& file) {
    if (!run.ran) {
        std::printf("%s not there\n", name.c_str());
        return 0;
    }
    const double speed = megabytes(file) / run.cpu;
    figures.tell(name, speed, "MB/s of CPU");
    figures.tell(name + ".wall", megabytes(file) / run.wall, "MB/s");
    figures.tell(name + ".rss", run.rss, "MB");
    return speed;
}

std::string program(const char* name) {
    return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / name).string();
}

Run run_laurel(const std::string& folder, const std::string& file) {
    const std::string config = folder + "/laurel.toml";
    std::ofstream(config) << "directory = \"" << folder
                          << "/laurel\"\n[auditlog]\nfile = \"audit.log\"\nsize = 500000000\n";
    return run({"laurel", "--config", config}, file, "/dev/null");
}

void check_same(const std::string& output, std::uint64_t events) {
    std::ifstream in(output);
    std::uint64_t seen = 0;
    in >> seen;
    if (seen == events) return;
    std::fprintf(stderr, "%llu events were written, %llu were read\n", static_cast<unsigned long long>(events),
                 static_cast<unsigned long long>(seen));
    std::exit(1);
}

bench::MadeLog make_log(const std::string& file, bool enriched, std::uint64_t bytes) {
    std::FILE* const out = std::fopen(file.c_str(), "w");
    if (out == nullptr) std::exit(1);
    const bench::MadeLog made = bench::AuditLogMaker(out, enriched).make(bytes);
    std::fclose(out);
    return made;
}

void measure(bench::Figures& figures, const std::string& folder, bool enriched) {
    const std::string name = enriched ? "audit.enriched" : "audit.raw";
    const std::string file = folder + "/audit.log";
    const std::string output = folder + "/output";
    const bench::MadeLog made = make_log(file, enriched, log_bytes);
    figures.tell(name + ".events", static_cast<double>(made.events), "events");
    figures.tell(name + ".records", static_cast<double>(made.records), "records");
    const auto ours = [&](const char* mode) {
        return best([&] { return run({program("bench-audit"), "--read", file, mode}, "/dev/null", output); });
    };
    const Run own = ours("rules");
    check_same(output, made.events);
    const double speed = tell(figures, name + ".integrityd", own, file);
    tell(figures, name + ".integrityd.all-fields", ours("fields"), file);
    const double search = tell(figures, name + ".ausearch", best([&] {
                                   return run({"ausearch", "--raw", "-if", file}, "/dev/null", "/dev/null");
                               }),
                               file);
    const auto libauparse = [&](const char* mode) {
        return best([&] { return run({program("audit-feed"), file, mode}, "/dev/null", "/dev/null"); });
    };
    // What a rule compares is text, as integrityd decodes it: that is the comparison. Raw strings stand beside it.
    const double feed = tell(figures, name + ".libauparse-text", libauparse("text"), file);
    const double strings = tell(figures, name + ".libauparse-strings", libauparse("strings"), file);
    make_log(file, enriched, short_log_bytes);
    tell(figures, name + ".laurel", run_laurel(folder, file), file);
    figures.print(name + ".integrityd.speed", speed, "MB/s of CPU", 100, Better::higher);
    if (search > 0) figures.print(name + ".times-ausearch", speed / search, "times", 2, Better::higher);
    if (feed > 0) figures.print(name + ".times-libauparse-text", speed / feed, "times", 4, Better::higher);
    if (strings > 0) figures.tell(name + ".times-libauparse-strings", speed / strings, "times");
    figures.print(name + ".integrityd.rss", own.rss, "MB", 16, Better::lower);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 4 && std::strcmp(argv[1], "--read") == 0) return read_log(argv[2], argv[3]);
    bench::Figures figures;
    const test::TemporaryDirectory folder;
    for (const bool enriched : {false, true})
        measure(figures, folder.path(), enriched);
    return figures.status();
}
