// AIDE's configuration without its reports' places.
//
// A run of AIDE's own unit reports to whoever asked for it, and to nobody else: a report_url of a file would be locked
// by AIDE, so that a check of single files fails while a whole one runs, and what such a check, or the verification of
// a new database, found would stand in the log as if the whole device had been looked at.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

// The text with each line "report_url = ..." made empty; lines keep their numbers. What is included is not followed.
[[nodiscard]] std::string without_report_urls(std::string_view config);

// The configuration of this name, as a file without a name that children inherit.
[[nodiscard]] Result<UniqueFd> report_free_config(const std::string& path);

}  // namespace integrityd
