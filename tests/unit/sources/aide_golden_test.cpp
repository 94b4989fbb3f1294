// The readers of AIDE's reports, by reports: tests/golden/aide/*.in, made by AIDE 0.18.3 over a small
// tree, some of them wrapped or cut; the outputs are all that the reader says of them, escaped.
#include <sstream>

#include <catch2/catch.hpp>

#include "core/escape.hpp"
#include "support/golden.hpp"
#include "unit/sources/aide_test_support.hpp"

using namespace integrityd;

namespace {

std::string_view name_of(AideFormat format) {
    switch (format) {
        case AideFormat::plain:
            return "plain";
        case AideFormat::json:
            return "json";
        case AideFormat::json_lines:
            return "json lines";
        case AideFormat::unknown:
            break;
    }
    return "unknown";
}

std::string_view name_of(AideOutcome outcome) {
    switch (outcome) {
        case AideOutcome::no_differences:
            return "no differences";
        case AideOutcome::differences:
            return "differences";
        case AideOutcome::initialized:
            return "initialized";
        case AideOutcome::compared:
            return "compared";
        case AideOutcome::unknown:
            break;
    }
    return "unknown";
}

std::string number_of(const std::optional<std::uint64_t>& number) {
    return number ? std::to_string(*number) : "-";
}

class Dump {
public:
    std::string of(const AideReport& report) {
        head(report);
        numbers(report);
        for (const AideRow& row : report.rows)
            entry(row);
        for (const AideDatabaseDigest& database : report.databases)
            line("database", database.path + ' ' + database.algorithm + ' ' + database.digest);
        if (report.wrapper) wrapper(*report.wrapper);
        for (const std::string& fault : report.faults)
            line("fault", fault);
        out_ << "ended " << report.ended << " whole " << report.whole() << " trusted " << report.rows_trusted << '\n';
        return out_.str();
    }

private:
    void line(std::string_view name, std::string_view text) {
        if (!text.empty()) out_ << name << ' ' << escape(text) << '\n';
    }

    void head(const AideReport& report) {
        out_ << "format " << name_of(report.format) << "\noutcome " << name_of(report.outcome) << '\n';
        line("outline", report.outline);
        line("version", report.version);
        out_ << "start " << report.start << " = " << escape(report.start_text) << '\n';
        out_ << "end " << report.end << " = " << escape(report.end_text) << '\n';
        line("limit", report.limit);
        line("prefix", report.root_prefix);
        line("level", report.report_level);
        line("config", report.config_version);
        line("new database", report.new_database);
        line("diagnostics", report.diagnostics);
        out_ << "diagnostic lines " << report.diagnostic_lines << '\n';
    }

    void numbers(const AideReport& report) {
        out_ << "total " << number_of(report.stated.total) << '\n';
        for (std::size_t i = 0; i < aide_row_kinds; ++i) {
            out_ << to_string(static_cast<AideRowKind>(i)) << " stated " << number_of(report.stated.rows[i]) << " seen "
                 << report.seen[i] << '\n';
        }
        out_ << "different attributes " << report.different_attributes << "\npaths " << report.paths.size() << '\n';
    }

    void entry(const AideRow& row) {
        out_ << to_string(row.kind) << " [" << escape(row.flags) << "] " << escape(row.path);
        if (row.attributes_cut > 0) out_ << " cut " << row.attributes_cut;
        out_ << '\n';
        for (const AideAttribute& attribute : row.attributes) {
            out_ << "  " << escape(attribute.name);
            for (const std::string& value : attribute.old_values)
                out_ << " -" << escape(value);
            for (const std::string& value : attribute.new_values)
                out_ << " +" << escape(value);
            out_ << '\n';
        }
    }

    void wrapper(const AideWrapper& wrapper) {
        out_ << "wrapper exit " << (wrapper.exit_code ? std::to_string(*wrapper.exit_code) : "-") << " no database "
             << wrapper.no_database << " ended " << wrapper.ended << '\n';
        line("failure", wrapper.failure);
    }

    std::ostringstream out_;
};

}  // namespace

TEST_CASE("AIDE's reports are read as their golden files say [REQ-17]") {
    const auto inputs = test::golden_inputs("aide");
    REQUIRE_FALSE(inputs.empty());
    for (const auto& input : inputs) {
        std::string said;
        for (const AideReport& report : test::read_reports(test::read_whole(input)))
            said += Dump().of(report) + "--\n";
        test::check_golden(input, said);
    }
}
