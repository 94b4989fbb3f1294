// AideJsonReport: what the tokens of a JSON report mean; also of the JSON lines of AIDE 0.20.
#pragma once

#include <string>
#include <string_view>

#include "sources/aide_handler.hpp"
#include "sources/aide_json_scanner.hpp"

namespace integrityd {

class AideJsonReport final : public AideJsonVisitor {
public:
    explicit AideJsonReport(AideReportHandler& handler) : handler_(handler), scanner_(*this) {}

    // Takes bytes of one report; returns how many.
    std::size_t feed(std::string_view bytes);
    // Inside a report: the next byte belongs to it, whatever it is.
    [[nodiscard]] bool open() const { return open_; }
    // Between the lines of a report of JSON lines: only '{' goes on with it.
    [[nodiscard]] bool between_lines() const { return open_ && scanner_.idle() && lines_; }
    void finish();

private:
    enum class Section : std::uint8_t { none, fields, counts, list, entries, details, databases, different, skip };

    void key(std::string_view name, bool cut) override;
    void scalar(std::string_view value, bool cut) override;
    void open(bool array) override;
    void close() override { --depth_; }
    void end_document() override;
    void broken(std::string_view reason) override;

    // Depth as in a JSON report: members of the report are on level 1, also in JSON lines.
    [[nodiscard]] unsigned level() const { return depth_ + (lines_ && section_ != Section::fields ? 1U : 0U); }
    void begin();
    void end(bool ended);
    void begin_section(std::string_view name);
    void begin_line(std::string_view type);
    void field(std::string_view name, std::string_view value);
    void count(std::string_view name, std::string_view value);
    void entry(std::string_view path, bool cut, std::string_view flags);

    AideReportHandler& handler_;
    AideJsonScanner scanner_;
    bool open_ = false;
    bool lines_ = false;         // JSON lines
    bool first_key_ = false;     // of a document
    bool type_follows_ = false;  // the value of "type" is next
    bool ended_ = false;         // the end time was stated
    bool started_ = false;       // the start time was stated
    bool version_known_ = false;
    bool lost_ = false;
    bool list_is_array_ = false;  // report_summarize_changes=no
    bool wanted_ = false;         // somebody wants the details that are read
    unsigned depth_ = 0;
    Section section_ = Section::none;
    AideRowKind kind_ = AideRowKind::changed;
    std::string name_;  // of the member on level 1
    std::string path_;  // of the member on level 2
    bool path_cut_ = false;
    std::string attribute_;
    AideSide side_ = AideSide::old_value;
};

}  // namespace integrityd
