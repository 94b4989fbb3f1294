#include "core/canonical_json.hpp"

#include <charconv>

#include "core/digest.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

// Contract section 4: only `\"`, `\\` and `\u00xx`, everything else as it is.
bool needs_escape(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

void append_escape(std::string& out, char c) {
    if (static_cast<unsigned char>(c) < 0x20) {
        constexpr std::string_view digits = "0123456789abcdef";
        out += "\\u00";
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[static_cast<unsigned char>(c) & 0xf];
        return;
    }
    out += '\\';
    out += c;
}

void append_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!needs_escape(text[i])) continue;
        out.append(text, begin, i - begin);
        append_escape(out, text[i]);
        begin = i + 1;
    }
    out.append(text, begin);
    out += '"';
}

// A string that is no UTF-8 is a mistake of ours; the chain must stay readable even then.
void append_text(std::string& out, std::string_view text) {
    if (is_utf8(text)) {
        append_string(out, text);
    } else {
        append_string(out, escape(text));
    }
}

template <typename Number>
void append_number(std::string& out, Number number) {
    char digits[24];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    out.append(std::begin(digits), end);
}

void append(std::string& out, const Value& value);

// Whether a member holds bytes is decided by its name alone, because the reader has nothing else.
void append_member(std::string& out, std::string_view name, const Value& value) {
    append_string(out, name);
    out += ':';
    const std::string* text = value.get<std::string>();
    if (text != nullptr && is_bytes_member(name)) {
        append_string(out, to_base64(*text));
    } else {
        append(out, value);
    }
}

struct Appender {
    std::string& out;

    void operator()(std::nullptr_t) const { out += "null"; }
    void operator()(bool held) const { out += held ? "true" : "false"; }
    void operator()(std::int64_t held) const { append_number(out, held); }
    void operator()(std::uint64_t held) const { append_number(out, held); }
    void operator()(const Bytes& held) const { append_string(out, to_base64(held.data)); }
    void operator()(const std::string& held) const { append_text(out, held); }
    void operator()(const ValueList& held) const {
        char separator = '[';
        for (const Value& element : held) {
            out += separator;
            append(out, element);
            separator = ',';
        }
        out += held.empty() ? "[]" : "]";
    }
    // The map is sorted by bytes already.
    void operator()(const ValueMap& held) const {
        char separator = '{';
        for (const auto& [name, element] : held) {
            out += separator;
            append_member(out, name, element);
            separator = ',';
        }
        out += held.empty() ? "{}" : "}";
    }
};

void append(std::string& out, const Value& value) {
    std::visit(Appender{out}, value.held());
}

// Writes an object of known members, which must come sorted. Events are written by it and not by way
// of a ValueMap, because that would copy every detail of every event.
class ObjectWriter {
public:
    explicit ObjectWriter(std::string& out) : out_(out) {}

    void member(std::string_view name, std::string_view text) { append_text(begin(name), text); }
    void member(std::string_view name, std::uint64_t number) { append_number(begin(name), number); }
    void flag(std::string_view name, bool held) { begin(name) += held ? "true" : "false"; }
    void member(std::string_view name, const ValueMap& map) { Appender{begin(name)}(map); }
    void end() { out_ += '}'; }

    // The place for a member's value.
    std::string& begin(std::string_view name) {
        out_ += separator_;
        separator_ = ',';
        append_string(out_, name);
        return out_ += ':';
    }

private:
    std::string& out_;
    char separator_ = '{';
};

void append(std::string& out, const std::vector<std::string>& texts) {
    char separator = '[';
    for (const std::string& text : texts) {
        out += separator;
        append_text(out, text);
        separator = ',';
    }
    out += texts.empty() ? "[]" : "]";
}

void append(std::string& out, const Violation& violation) {
    ObjectWriter object(out);
    object.member("count", std::uint64_t{violation.count});
    object.member("details", violation.details);
    object.member("first_seen", violation.first_seen);
    object.member("id", violation.id);
    object.member("kind", violation.kind);
    object.member("last_seen", violation.last_seen);
    append(object.begin("requirements"), violation.requirements);
    object.member("severity", to_string(violation.severity));
    object.member("source", violation.source);
    object.member("state", to_string(violation.state));
    object.member("subject", violation.subject);
    object.member("summary", violation.summary);
    object.end();
}

void append(std::string& out, const Requester& requester) {
    ObjectWriter object(out);
    object.member("exe", requester.exe);
    object.member("pid", std::uint64_t{requester.pid});
    object.member("uid", std::uint64_t{requester.uid});
    object.member("unit", requester.unit);
    object.end();
}

template <typename T>
void append_or_null(std::string& out, const std::optional<T>& held) {
    if (held) {
        append(out, *held);
    } else {
        out += "null";
    }
}

}  // namespace

std::string canonical_json(const Value& value) {
    std::string out;
    append(out, value);
    return out;
}

std::string canonical_json(const Violation& violation) {
    std::string out;
    append(out, violation);
    return out;
}

std::string canonical_json(const Event& event) {
    std::string out;
    out.reserve(1024);  // most events fit
    ObjectWriter object(out);
    object.member("boot_id", event.boot_id);
    object.member("boottime", event.boottime);
    append_or_null(object.begin("by"), event.by);
    object.member("clock", to_string(event.clock));
    object.member("data", event.data);
    object.flag("maintenance", event.maintenance);
    object.member("sequence", event.sequence);
    object.member("stream", event.stream);
    object.member("time", event.time);
    object.member("type", to_string(event.type));
    append_or_null(object.begin("violation"), event.violation);
    object.end();
    return out;
}

ValueMap to_value(const Violation& violation) {
    return {
        {"count", violation.count},
        {"details", violation.details},
        {"first_seen", violation.first_seen},
        {"id", violation.id},
        {"kind", violation.kind},
        {"last_seen", violation.last_seen},
        {"requirements", ValueList(violation.requirements.begin(), violation.requirements.end())},
        {"severity", to_string(violation.severity)},
        {"source", violation.source},
        {"state", to_string(violation.state)},
        {"subject", violation.subject},
        {"summary", violation.summary},
    };
}

ValueMap to_value(const Requester& requester) {
    return {{"exe", requester.exe}, {"pid", requester.pid}, {"uid", requester.uid}, {"unit", requester.unit}};
}

}  // namespace integrityd
