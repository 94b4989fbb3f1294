// AideReportHandler: what the scanners of the two formats tell, in the order of the report.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sources/aide_report.hpp"

namespace integrityd {

enum class AideField : std::uint8_t {
    outline,
    version,
    start_time,
    end_time,
    limit,
    root_prefix,
    report_level,
    config_version,
    new_database,
};

enum class AideSide : std::uint8_t { old_value, new_value };

// Views are valid during the call only.
class AideReportHandler {
public:
    virtual ~AideReportHandler() = default;
    virtual void begin_report(AideFormat format) = 0;
    virtual void field(AideField field, std::string_view value) = 0;
    virtual void stated_total(std::uint64_t number) = 0;
    virtual void stated_rows(AideRowKind kind, std::uint64_t number) = 0;
    virtual void different_attributes() = 0;
    virtual void row(AideRowKind kind, std::string_view path, std::string_view flags) = 0;
    // A row whose path is too long to be held: counted, and a fault.
    virtual void unreadable_row(AideRowKind kind) = 0;
    // Details of an entry begin; false: nobody wants them, values may be skipped.
    virtual bool begin_details(std::string_view path) = 0;
    // A value of the entry of begin_details(); several for one name and side are a list.
    virtual void detail(std::string_view attribute, AideSide side, std::string_view value, bool cut) = 0;
    // The next detail() continues the last value of this side (a line that was wrapped).
    virtual void continue_detail(AideSide side, std::string_view more) = 0;
    virtual void database(std::string_view path, std::string_view algorithm, std::string_view digest) = 0;
    virtual void diagnostic(std::string_view line) = 0;
    virtual void fault(std::string_view reason) = 0;
    virtual void untrusted_rows() = 0;
    // `ended`: the report's own end was seen and nothing is open.
    virtual void end_report(bool ended) = 0;

    [[nodiscard]] virtual std::uint64_t rows_seen(AideRowKind kind) const = 0;
    [[nodiscard]] virtual std::optional<std::uint64_t> rows_stated(AideRowKind kind) const = 0;
};

// The kind by the summary column ("f+++…", "d---…", "f >.p…") or the word ("added"); none: neither.
[[nodiscard]] std::optional<AideRowKind> row_kind(std::string_view flags);

// AIDE's version as a number that can be compared: 0.18.3 is 18003; 0 for what is no version.
[[nodiscard]] std::uint32_t aide_version_number(std::string_view version);

}  // namespace integrityd
