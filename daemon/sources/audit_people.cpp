#include "sources/audit_people.hpp"

#include <auparse.h>
#include <cerrno>
#include <memory>

#include "sources/audit_types.hpp"

namespace integrityd {

namespace {

struct Closer {
    void operator()(auparse_state_t* state) const { auparse_destroy(state); }
};
using Parser = std::unique_ptr<auparse_state_t, Closer>;

using Words = std::map<std::string, std::string>;

void put(Words& words, const std::string& name, const char* text) {
    if (text != nullptr && words.size() < max_audit_words) words.emplace(name, text);
}

void tell_path(auparse_state_t* parser, std::size_t path, Words& words) {
    if (auparse_find_field(parser, "name") == nullptr) return;
    put(words, path == 0 ? "name" : "name." + std::to_string(path), auparse_interpret_field(parser));
}

void tell_fields(auparse_state_t* parser, Words& words) {
    if (auparse_first_field(parser) != 1) return;
    do {
        const char* const name = auparse_get_field_name(parser);
        if (name == nullptr) continue;
        const std::string key = name;
        if (key == "type" || key == "node") continue;
        put(words, key, auparse_interpret_field(parser));
    } while (auparse_next_field(parser) == 1);
}

}  // namespace

Result<Words> audit_for_people(const std::string& event_text) {
    const Parser parser(auparse_init(AUSOURCE_BUFFER, event_text.c_str()));
    if (!parser) return Error{"libauparse cannot begin", errno};
    auparse_set_escape_mode(parser.get(), AUPARSE_ESC_RAW);
    Words words;
    std::size_t paths = 0;
    while (auparse_next_event(parser.get()) > 0) {
        if (auparse_first_record(parser.get()) <= 0) continue;
        do {
            if (auparse_get_type(parser.get()) == audit_type::path) {
                tell_path(parser.get(), paths++, words);
            } else {
                tell_fields(parser.get(), words);
            }
        } while (auparse_next_record(parser.get()) > 0);
    }
    return words;
}

}  // namespace integrityd
