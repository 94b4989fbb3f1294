// AidePathWords: what checks of single paths said, for whole checks that ran meanwhile.
//
// A whole check takes minutes and is told at its end, so what it says of a path can be older than what a check of that
// path alone has said since. Such a path is left to its own check. Where the two contradict each other nobody knows
// which of them passed the file last: AIDE is to be asked once more.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/event_loop.hpp"
#include "core/values.hpp"
#include "sources/aide_report.hpp"

namespace integrityd {

class AidePathWords {
public:
    AidePathWords(const EventLoop& loop, const Clock& clock);

    // A check of these paths alone said this.
    void said(const AideReport& report, const std::vector<std::string>& paths);

    // Takes out of `look`, that of this whole report, the paths that were judged by themselves since its check began:
    // what it says of them does not count, and what was told of them stays. To be asked once more: those about which
    // the two contradict each other.
    [[nodiscard]] std::vector<std::string> leave_out(Look& look, const std::shared_ptr<const AideReport>& report);

    // Whether the check that made this report began after `moment`, however the clock was set meanwhile.
    [[nodiscard]] bool began_after(const AideReport& report, Monotonic moment);

private:
    struct Word {
        Monotonic said{0};
        bool differs = false;  // as it was said: the path is not as the database says
    };

    void see_clock();
    [[nodiscard]] Monotonic earliest_begin(const AideReport& report);
    void forget_all();
    void forget_before(Monotonic begin);

    const EventLoop& loop_;
    const Clock& clock_;
    // Of the wall clock before the loop's: a report has wall times alone. The highest that was seen: by it a check
    // began early rather than late where the clock was set, and then more paths than necessary are left out.
    Duration highest_lead_{0};
    std::map<std::string, Word> words_;  // by path, raw
    std::size_t bytes_ = 0;
    Monotonic forgotten_{0};  // words up to then are not known any more
};

}  // namespace integrityd
