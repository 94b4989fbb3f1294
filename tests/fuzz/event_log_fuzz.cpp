// An event log: events lie inside of it and behind each other, whatever it is, and it can be replayed.
#include <cstdint>
#include <cstdlib>

#include "sources/event_log.hpp"
#include "sources/event_log_replay.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace integrityd;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const EventLog log = parse_event_log(bytes);
    std::size_t at = 0;
    for (const LogEvent& event : log.events) {
        if (event.offset != at) std::abort();
        at = static_cast<std::size_t>(event.data.data() + event.data.size() - bytes.data());
        if (at > size || (event.pcr >= most_pcrs && event.pcr != no_pcr)) std::abort();
        if (event.first_digest + event.digest_count > log.digests.size()) std::abort();
    }
    const bool bad = log.end == LogEnd::truncated || log.end == LogEnd::corrupt;
    if (bad == log.problem.empty()) std::abort();
    if (!bad && log.end == LogEnd::complete && at != size) std::abort();
    const Replay replay = replay_event_log(log);
    if (replay.banks.size() > log.algorithms.size()) std::abort();
    return 0;
}
