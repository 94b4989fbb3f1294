// AidePlainDetails: the two columns of the details in a plain report, and the digests of databases.
#pragma once

#include <string>
#include <string_view>

#include "sources/aide_handler.hpp"

namespace integrityd {

// ` Attr      : old (32 columns)                 | new`; what is longer goes on in the next line,
// below its column. An added entry has only the right column, a removed one only the left.
class AidePlainDetails {
public:
    explicit AidePlainDetails(AideReportHandler& handler) : handler_(handler) {}
    // A heading, "File: /etc/passwd".
    void begin(std::string_view path);
    // A line that begins with a space.
    void line(std::string_view text);

private:
    void value(AideSide side, std::string_view text, bool continues, bool wrapped);

    AideReportHandler& handler_;
    bool wanted_ = false;
    std::string attribute_;
    bool list_ = false;  // its lines are values of their own, unless wrapped
    bool wrapped_old_ = false;
    bool wrapped_new_ = false;
};

// `/path` and below it ` SHA256    : value`, wrapped.
class AidePlainDatabases {
public:
    explicit AidePlainDatabases(AideReportHandler& handler) : handler_(handler) {}
    void line(std::string_view text);
    // What is pending is told.
    void finish();

private:
    AideReportHandler& handler_;
    std::string path_;
    std::string algorithm_;
    std::string digest_;
};

// The name that JSON reports use ("modify_time") for a plain one's ("Mtime").
[[nodiscard]] std::string aide_attribute_name(std::string_view plain);

// "File: /etc/passwd": the path; empty where the line is no heading.
[[nodiscard]] std::string_view details_heading(std::string_view line);

}  // namespace integrityd
