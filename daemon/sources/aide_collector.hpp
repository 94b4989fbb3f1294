// AideCollector: makes the value AideReport of what a scanner tells, within limits.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "sources/aide_handler.hpp"

namespace integrityd {

class AideCollector final : public AideReportHandler {
public:
    AideCollector(std::size_t max_entries, AideReportReader::Sink sink)
        : max_entries_(max_entries), sink_(std::move(sink)) {}

    void begin_report(AideFormat format) override;
    void field(AideField field, std::string_view value) override;
    void stated_total(std::uint64_t number) override { report_.stated.total = number; }
    void stated_rows(AideRowKind kind, std::uint64_t number) override;
    void different_attributes() override { ++report_.different_attributes; }
    void row(AideRowKind kind, std::string_view path, std::string_view flags) override;
    void unreadable_row(AideRowKind kind) override;
    bool begin_details(std::string_view path) override;
    void detail(std::string_view attribute, AideSide side, std::string_view value, bool cut) override;
    void continue_detail(AideSide side, std::string_view more) override;
    void database(std::string_view path, std::string_view algorithm, std::string_view digest) override;
    void diagnostic(std::string_view line) override;
    void fault(std::string_view reason) override;
    void untrusted_rows() override { report_.rows_trusted = false; }
    void end_report(bool ended) override;
    [[nodiscard]] std::uint64_t rows_seen(AideRowKind kind) const override {
        return report_.seen[static_cast<std::size_t>(kind)];
    }
    [[nodiscard]] std::optional<std::uint64_t> rows_stated(AideRowKind kind) const override {
        return report_.stated.rows[static_cast<std::size_t>(kind)];
    }

private:
    void select();
    void append(std::string& value, std::string_view more);

    std::size_t max_entries_;
    AideReportReader::Sink sink_;
    AideReport report_;
    // The first rows of each kind, until it is known which of them are told.
    std::array<std::vector<AideRow>, aide_row_kinds> picked_;
    bool selected_ = false;
    std::vector<std::uint32_t> by_path_;  // indexes of report_.rows
    AideRow* current_ = nullptr;          // whose details are told
    std::size_t current_bytes_ = 0;
    std::size_t all_bytes_ = 0;
};

}  // namespace integrityd
