// TlsFindings: collects what is seen of one endpoint, and which kinds were judged at all.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/config.hpp"
#include "core/values.hpp"
#include "watchers/tls/tls_judge.hpp"

namespace integrityd {

class TlsFindings {
public:
    explicit TlsFindings(std::string endpoint) : endpoint_(std::move(endpoint)) {}

    // The kind was judged as a whole: what is not seen now is gone.
    void judged(const Kind& kind) { judged_.push_back(&kind); }
    // The same, but for what `remains` says is still there, because this look could not tell.
    void judged_but(const Kind& kind, std::function<bool(const Violation&)> remains) {
        judged_but_.emplace_back(&kind, std::move(remains));
    }
    // What is wrong, and what an operator does about it on which side.
    Observation& see(const Kind& kind, const std::string& what, std::string advice) {
        Observation seen{.kind = &kind, .subject = endpoint_, .summary = endpoint_ + ": " + what};
        seen.context["advice"] = std::move(advice);
        seen_.push_back(std::move(seen));
        return seen_.back();
    }
    // The kinds that were judged in one complete look, those with an exception in one each, what was seen of others
    // beside them.
    [[nodiscard]] std::vector<Look> take();

private:
    [[nodiscard]] Look look(std::vector<const Kind*> kinds, bool complete);

    std::string endpoint_;
    std::vector<const Kind*> judged_;
    std::vector<std::pair<const Kind*, std::function<bool(const Violation&)>>> judged_but_;
    std::vector<Observation> seen_;
};

// The parts of judge(), a file each.
void judge_certificates(const TlsFacts& facts, const TlsAround& around, TlsFindings& findings);
void judge_parameters(const TlsFacts& facts, const TlsAround& around, TlsFindings& findings);
void judge_changes(const TlsFacts& facts, const TlsEndpoint& endpoint, const TlsAround& around, TlsFindings& findings);

// One certificate for people: who it is, where it stands in the path (1: the endpoint's own).
[[nodiscard]] ValueMap describe(const TlsCertificate& certificate, std::size_t position);

}  // namespace integrityd
