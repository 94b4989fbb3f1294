// What the PCRs will be when this device boots the same again with the Secure Boot variables that it has now: the
// firmware measures those into PCR 7, so an update of dbx makes PCR 7 another at the next boot, and no PCR shows it
// before.
#pragma once

#include <string>
#include <vector>

#include "core/opener.hpp"
#include "core/result.hpp"
#include "sources/efivars.hpp"
#include "sources/event_log.hpp"
#include "sources/tpm.hpp"

namespace integrityd {

constexpr unsigned secure_boot_pcr = 7;

struct PcrForecast {
    std::vector<PcrBank> now;
    std::vector<PcrBank> next;         // the same, but for PCR 7 of the banks in which it will be another
    std::vector<std::string> changed;  // the variables that make it so, by name
    std::string problem;  // why PCR 7 may become another than `next` all the same; empty: for no known reason
};

// Only of what is certain: a bank whose PCR 7 the log does not lead to is as now, and an event counts as that of a
// variable where its digest is that of its data.
[[nodiscard]] PcrForecast forecast_pcrs(std::vector<PcrBank> now, const EventLog& log, const EfiVariables& variables);

// Where there is no log they will be as now. Blocks: for Lane::tpm.
[[nodiscard]] Result<PcrForecast> read_pcr_forecast(Tpm& tpm, Opener& opener, const std::string& efivars);

}  // namespace integrityd
