// AideReportReader: finds out what stands in the file and hands it to who can read it.
#include <deque>

#include "sources/aide_collector.hpp"
#include "sources/aide_json_report.hpp"
#include "sources/aide_plain_report.hpp"
#include "sources/aide_wrapper.hpp"

namespace integrityd {

namespace {

// Reports inside one wrapping: dailyaidecheck makes one.
constexpr std::size_t max_held = 4;

// Reports one after the other, in either format.
class Body {
public:
    explicit Body(AideReportHandler& handler) : json_(handler), plain_(handler) {}

    void feed(std::string_view bytes) {
        while (!bytes.empty()) {
            if (!json_.open() && !plain_.open() && !choose(bytes)) return;
            if (json_.between_lines() && !next_line(bytes)) continue;
            if (bytes.empty()) return;
            bytes.remove_prefix(is_json_ ? json_.feed(bytes) : plain_.feed(bytes));
        }
    }
    void finish() {
        json_.finish();
        plain_.finish();
    }

private:
    // Between reports: skips white space, takes the format from the first byte.
    bool choose(std::string_view& bytes) {
        bytes.remove_prefix(std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size()));
        if (bytes.empty()) return false;
        is_json_ = bytes.front() == '{';
        return true;
    }
    // Between JSON lines: another line follows, or the report was cut off there.
    bool next_line(std::string_view& bytes) {
        bytes.remove_prefix(std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size()));
        if (bytes.empty() || bytes.front() == '{') return true;
        json_.finish();
        return false;
    }

    AideJsonReport json_;
    AidePlainReport plain_;
    bool is_json_ = false;
};

}  // namespace

struct AideReportReader::Impl {
    Impl(std::size_t max_entries, Sink receiver)
        : sink(std::move(receiver)),
          collector(max_entries, [this](AideReport report) { take(std::move(report)); }),
          body(collector),
          wrapper({[this](std::string_view bytes) { body.feed(bytes); }, [this] { body.finish(); },
                   [this](std::string_view line) {
                       errors.emplace_back(line.substr(0, 1024));
                       trim_errors();
                   }}) {}

    void take(AideReport report) {
        if (!wrapped) return sink(std::move(report));
        if (held.size() == max_held) {
            held.pop_front();
            report.faults.emplace_back("more reports in one wrapping than there can be");
        }
        held.push_back(std::move(report));
    }

    // The beginning of the errors says what is wrong.
    void trim_errors() {
        ++error_lines;
        if (errors.size() > 64) errors.pop_back();
    }

    void begin_wrapping() {
        wrapped = true;
        wrapper.reset();
        errors.clear();
        error_lines = 0;
    }

    void end_wrapping() {
        wrapped = false;
        if (held.empty()) held.emplace_back();  // no report at all: what the wrapper says of it
        for (auto& report : held) {
            report.wrapper = wrapper.facts();
            for (const auto& line : errors)
                add_diagnostic(report, line);
            report.diagnostic_lines += error_lines;
            sink(std::move(report));
        }
        held.clear();
    }

    static void add_diagnostic(AideReport& report, const std::string& line) {
        if (!report.diagnostics.empty()) report.diagnostics += '\n';
        report.diagnostics += line;
    }

    void feed(std::string_view bytes) {
        while (!bytes.empty()) {
            if (wrapped) {
                bytes.remove_prefix(wrapper.feed(bytes));
                if (!wrapper.ended()) return;
                end_wrapping();
                head.clear();
                deciding = true;
                continue;
            }
            if (!deciding) return body.feed(bytes);
            decide(bytes);
        }
    }

    // Takes bytes until it is clear whether they are a wrapping or a report.
    void decide(std::string_view& bytes) {
        constexpr std::string_view words = AideWrapperReader::first_words;
        while (!bytes.empty() && head.size() < words.size()) {
            const bool blank = head.empty() && (bytes.front() == '\n' || bytes.front() == ' ');
            if (!blank) head += bytes.front();
            bytes.remove_prefix(1);
            if (words.substr(0, head.size()) != head) break;
        }
        const bool matches = words.substr(0, head.size()) == head;
        if (matches && head.size() < words.size()) return;
        deciding = false;
        const std::string begun = std::move(head);
        head.clear();
        if (matches) begin_wrapping();
        if (wrapped)
            (void)wrapper.feed(begun);
        else
            body.feed(begun);
    }

    void finish() {
        if (!head.empty()) body.feed(head);
        head.clear();
        if (wrapped) {
            wrapper.finish();
            body.finish();
            end_wrapping();
        }
        body.finish();
        deciding = true;
    }

    Sink sink;
    AideCollector collector;
    Body body;
    AideWrapperReader wrapper;
    bool deciding = true;
    bool wrapped = false;
    std::string head;
    std::deque<AideReport> held;
    std::deque<std::string> errors;
    std::uint64_t error_lines = 0;
};

AideReportReader::AideReportReader(std::size_t max_entries, Sink sink)
    : impl_(std::make_unique<Impl>(max_entries, std::move(sink))) {}

AideReportReader::~AideReportReader() = default;

void AideReportReader::feed(std::string_view bytes) {
    impl_->feed(bytes);
}

void AideReportReader::finish() {
    impl_->finish();
}

}  // namespace integrityd
