// JSON: what the daemon's reports say, and the objects that go out with --json. json.cpp alone knows the JSON library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace integrityctl {

// One scalar of a document: "accepted.aide.conf[0]" and its words; empty lists and maps count as scalars. As it came:
// not printable yet.
struct Leaf {
    std::string path;
    std::string value;
};

// All functions that read throw integrity::Error (EBADMSG) when the text is not the JSON they expect.

// In the order of the document.
[[nodiscard]] std::vector<Leaf> flatten(std::string_view json);

// The elements of the list `member`, each as JSON on one line.
[[nodiscard]] std::vector<std::string> list_member(std::string_view json, const std::string& member);

// The member of an object, as JSON; empty: there is none.
[[nodiscard]] std::string member_of(std::string_view json, const std::string& member);
// A text, or a truth, of an object; empty or false where there is none.
[[nodiscard]] std::string text_member(std::string_view json, const std::string& member);
[[nodiscard]] bool truth_member(std::string_view json, const std::string& member);

struct RecipientRow {
    std::string name;
    std::string type;
    std::string target;
    std::string min_severity;
    std::string state;
    std::string reason;
    std::uint64_t behind = 0;  // events not yet delivered
    bool required = false;
};
[[nodiscard]] RecipientRow read_recipient(std::string_view json);
// Why `name` cannot be reached, by the report of the recipients; empty: it says nothing of that.
[[nodiscard]] std::string reason_of_recipient(std::string_view report, std::string_view name);

// A volume of the report "luks". What is not known is empty.
struct LuksSlotRow {
    std::uint64_t number = 0;
    std::string means;  // "tpm2", "password", …
    std::string kdf;    // "argon2id, 1048576 KiB", "pbkdf2, 1000 iterations"
};
struct LuksTokenRow {
    std::uint64_t number = 0;
    std::string type;
    std::string keyslots;  // "1, 2"
    std::string policy;    // "PCRs 7 (sha256), PIN"
    std::string unseals;   // "yes: PCR 7 (sha256) is as sealed"; empty: no TPM is asked
};
struct LuksRow {
    std::string name;
    std::string device;
    std::string state;
    std::string problem;
    std::string header;   // "luks2, UUID …, aes-xts-plain64 with 512 bits, written 6 times"
    std::string mapping;  // "encrypted_var: active, aes-xts-plain64"
    std::string unseals;  // yes, no, unknown
    std::string because;
    std::vector<LuksSlotRow> slots;
    std::vector<LuksTokenRow> tokens;
    std::vector<std::string> findings;  // "luks.keyslot.added: …"
};
[[nodiscard]] LuksRow read_luks_volume(std::string_view json);

struct TlsRow {
    std::string name;
    std::string address;
    std::string state;  // reached, failing, not looked, not judged
    std::string reason;
    std::string negotiated;  // "TLS 1.3, TLS_AES_256_GCM_SHA384, x25519"; empty: never reached
    std::string certificate;
    std::string key;
    std::string issuer;
    std::string pin;          // SPKI SHA-256, base64
    std::string valid_until;  // the day; empty: not known
    std::string staple;
    std::string validity;              // why it is not judged
    std::vector<std::string> accepts;  // what was tried and accepted
    std::vector<std::string> unclear;  // what was tried and said nothing
    std::uint64_t tried = 0;
};
[[nodiscard]] TlsRow read_tls_endpoint(std::string_view json);

// A watcher's part of the report "progress".
struct ProgressRow {
    std::string name;
    std::string state;
    std::string reason;  // may be empty
};
struct Progress {
    std::uint64_t round = 0;  // 0: this watcher says nothing of it
    std::uint64_t size = 0;
    std::vector<ProgressRow> done;
    std::vector<std::string> waiting;
};
[[nodiscard]] Progress read_progress(std::string_view report, const std::string& watcher);

struct BaselineRow {
    std::string watcher;
    std::string state;  // none, accepted, tampered
    std::string reason;
    std::string digest;
    std::string content;  // JSON; empty: none
    std::string json;     // the whole row, with `watcher`
};
[[nodiscard]] std::vector<BaselineRow> read_baselines(std::string_view report);

// Whether a difference says that what is there is what was accepted: `accepted` and no `differences`; or parts, each
// with a `sha256` that is among its `accepted`.
[[nodiscard]] bool says_no_difference(std::string_view diff);

// What a line of the exported chain says of its place in it.
struct ChainPlace {
    std::uint64_t sequence = 0;
    std::string stream;
};
// None: the line is not an event.
[[nodiscard]] std::optional<ChainPlace> read_chain_place(std::string_view line);

// An object, member by member, in that order.
class JsonObject {
public:
    JsonObject& text(std::string_view name, std::string_view value);
    JsonObject& number(std::string_view name, std::uint64_t value);
    JsonObject& boolean(std::string_view name, bool value);
    JsonObject& null(std::string_view name);
    // `json` stands there as it is.
    JsonObject& raw(std::string_view name, std::string_view json);
    JsonObject& list(std::string_view name, const std::vector<std::string>& elements);
    // The members of another object, written as JSON.
    JsonObject& members_of(std::string_view object);
    [[nodiscard]] std::string str() const { return "{" + members_ + "}"; }

private:
    std::string members_;
};

[[nodiscard]] std::string json_text(std::string_view text);

}  // namespace integrityctl
