// AidePlainReport: the lines of a plain report.
//
// A plain report is ambiguous: before 0.18.3+deb12u4 names stand there raw, so a name can hold a
// whole forged report. Position and the stated numbers decide: the summary comes before the lists,
// a list is over when as many rows as stated were seen, details never make a row.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sources/aide_handler.hpp"
#include "sources/aide_plain_details.hpp"

namespace integrityd {

class AidePlainReport {
public:
    explicit AidePlainReport(AideReportHandler& handler) : handler_(handler), details_(handler), databases_(handler) {}

    // Takes bytes up to the end of a report, or all of them; returns how many.
    std::size_t feed(std::string_view bytes);
    // Inside a report, or a line that may begin one.
    [[nodiscard]] bool open() const { return open_ || !line_.empty(); }
    void finish();

private:
    enum class Part : std::uint8_t { before, head, list, details, databases };

    void line(std::string_view text);
    void before(std::string_view text);
    void head(std::string_view text);
    void options(std::string_view text);
    void number(std::string_view name, std::string_view value);
    void list(std::string_view text);
    void flush_row(bool end_of_list);
    static std::optional<Part> part_titled(std::string_view title);
    bool begin_part(std::string_view title);
    bool end_timestamp(std::string_view text);
    [[nodiscard]] bool list_full(AideRowKind kind) const;
    [[nodiscard]] bool lists_full() const;
    [[nodiscard]] bool escaped() const { return escaped_; }
    void end(bool ended);

    AideReportHandler& handler_;
    AidePlainDetails details_;
    AidePlainDatabases databases_;
    bool open_ = false;
    bool ended_ = false;  // inside feed(): the report is over
    Part part_ = Part::before;
    bool in_entry_ = false;    // "Entry … in databases has different attributes", not yet at its end
    bool escaped_ = false;     // AIDE 0.18 or later: a name is one line
    bool after_rule_ = false;  // the line before was a rule of dashes
    bool has_row_ = false;
    AideRowKind row_kind_ = AideRowKind::changed;
    std::string row_flags_;
    std::string row_path_;
    std::string line_;
    bool line_cut_ = false;
};

// A path as plain reports of 0.17 and later write it: `\ooo` for a byte.
[[nodiscard]] std::string unescape_aide_path(std::string_view text);

}  // namespace integrityd
