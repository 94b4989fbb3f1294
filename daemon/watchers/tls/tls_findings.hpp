// TlsFindings: collects what is seen of one endpoint, and which kinds were judged at all.
#pragma once

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
    // What is wrong, and what an operator does about it on which side.
    Observation& see(const Kind& kind, const std::string& what, std::string advice) {
        Observation seen{.kind = &kind, .subject = endpoint_, .summary = endpoint_ + ": " + what};
        seen.context["advice"] = std::move(advice);
        seen_.push_back(std::move(seen));
        return seen_.back();
    }
    // The kinds that were judged in one complete look, what was seen of others beside it.
    [[nodiscard]] std::vector<Look> take();

private:
    std::string endpoint_;
    std::vector<const Kind*> judged_;
    std::vector<Observation> seen_;
};

// The parts of judge(), a file each.
void judge_certificates(const TlsFacts& facts, const TlsAround& around, TlsFindings& findings);
void judge_parameters(const TlsFacts& facts, const TlsAround& around, TlsFindings& findings);
void judge_changes(const TlsFacts& facts, const TlsEndpoint& endpoint, const TlsAround& around, TlsFindings& findings);

// One certificate for people: who it is, where it stands in the path (1: the endpoint's own).
[[nodiscard]] ValueMap describe(const TlsCertificate& certificate, std::size_t position);

}  // namespace integrityd
