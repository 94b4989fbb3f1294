// AuditBaseline: the accepted audit rules and auditd's accepted configuration, by image.
//
// {"version": 1, "images": {IMAGE: {"rules": [hex…], "config": [hex…],
//                                   "rule_list": [{"sha256", "text"}…], "files": [{"name", "sha256"}…]}}}
//
// The digests decide. The lists are those of the last acceptance, so that a difference can be said in words.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "state/baseline.hpp"

namespace integrityd {

// A thing with a name for people (escaped) and its digest: a loaded rule, or a file.
struct AuditNamed {
    std::string name;
    std::string sha256;

    bool operator==(const AuditNamed&) const = default;
};

// Empty digests: that part was not accepted yet.
struct AuditAccepted {
    std::vector<std::string> rules;
    std::vector<std::string> configs;
    std::vector<AuditNamed> rule_list;
    std::vector<AuditNamed> files;
};

class AuditBaseline {
public:
    explicit AuditBaseline(BaselineStore& store) : store_(store) {}

    // Reads what was accepted for the image that runs; none: nothing was. An error: there is a document, and it is not
    // what was accepted.
    [[nodiscard]] Result<std::optional<AuditAccepted>> load();
    // Takes the place of what was accepted for this image; other images keep theirs.
    [[nodiscard]] Result<void> accept(const AuditAccepted& accepted);
    // Takes the place of all that was accepted, of every image. EINVAL: it is no document as they are written here.
    [[nodiscard]] Result<void> import(const ValueMap& document);
    [[nodiscard]] const std::string& image() const { return store_.image(); }

private:
    BaselineStore& store_;
};

// What is in one list and not in the other, each as often as it is there.
struct AuditListDifference {
    std::vector<std::string> added;
    std::vector<std::string> removed;
};
[[nodiscard]] AuditListDifference compare(const std::vector<AuditNamed>& accepted,
                                          const std::vector<AuditNamed>& present);

}  // namespace integrityd
