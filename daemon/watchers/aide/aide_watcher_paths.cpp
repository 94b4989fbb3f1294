// AideWatcher's part that is about checks of single paths, and about what whole checks say of them.
#include "watchers/aide/aide_watcher.hpp"
#include "watchers/file_traces.hpp"

namespace integrityd {

void AideWatcher::begin_path_checks() {
    // They are not made any more: that they failed once says nothing now.
    if (!targets_.configured()) return context_.sink.report(look_at_path_checks(""));
    paths_unchecked_ = context_.loop.now();  // before our start some may have failed
    context_.traces.set_listener([this](const FileTrace& trace) { targets_.written(trace.path); });
}

void AideWatcher::paths_checked(const AideReport& report, const std::vector<std::string>& paths) {
    words_.said(report, paths);
    tell_entries(look_at_paths(report, paths));
    context_.sink.report(look_at_path_checks(""));
}

void AideWatcher::paths_failed(const std::string& reason) {
    paths_unchecked_ = context_.loop.now();
    context_.sink.report(look_at_path_checks(reason));
}

// A check of everything that began after the failure has seen those paths as well.
void AideWatcher::make_up_for_path_checks(const AideReport& report) {
    if (!paths_unchecked_ || !words_.began_after(report, *paths_unchecked_)) return;
    paths_unchecked_.reset();
    context_.sink.report(look_at_path_checks(""));
}

void AideWatcher::tell_whole_check(const std::shared_ptr<const AideReport>& report, Look look) {
    // Told before our start: what checks of single paths have said since then is not known any more, and counts.
    if (targets_.configured() && report->end == told_end_ && identity(*report) == told_identity_) return;
    const auto contradicted = words_.leave_out(look, report);
    tell_entries(std::move(look));
    for (const std::string& path : contradicted)
        targets_.written(path);
}

}  // namespace integrityd
