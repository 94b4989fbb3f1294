#include "watchers/tls/tls_round.hpp"

#include "core/escape.hpp"

namespace integrityd {

namespace {

// Whom a round waits for at its end; more names would say nothing on one line.
constexpr std::size_t most_waiting = 3;
constexpr std::size_t longest_reason = 200;
// Of at most some 400 bytes each: a reply on the bus holds 1 MiB. More endpoints are counted, and not told one by one.
constexpr std::size_t most_told = 1500;

}  // namespace

void TlsRound::begin(const std::vector<const TlsEndpoint*>& endpoints) {
    ++number_;
    done_.clear();
    waiting_.clear();
    for (const auto* const endpoint : endpoints)
        waiting_.insert(endpoint->name);
}

void TlsRound::done(const std::string& endpoint, std::string_view state, const std::string& reason) {
    waiting_.erase(endpoint);
    done_.push_back({endpoint, std::string(state), escape_cut(reason, longest_reason)});
}

ValueMap TlsRound::progress() const {
    ValueList done;
    for (const auto& each : done_) {
        if (done.size() == most_told) break;
        done.emplace_back(ValueMap{{"name", each.name}, {"state", each.state}, {"reason", each.reason}});
    }
    ValueList waiting;
    for (const auto& name : waiting_) {
        if (waiting.size() == most_waiting) break;
        waiting.emplace_back(name);
    }
    return {{"round", number_},
            {"size", std::uint64_t{size()}},
            {"done", std::move(done)},
            {"waiting", std::move(waiting)}};
}

}  // namespace integrityd
