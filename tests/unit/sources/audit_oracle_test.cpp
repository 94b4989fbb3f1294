// libauparse as a second opinion on every line of the vectors: what it makes of a record, against what we make of it.
#include <algorithm>
#include <auparse.h>
#include <cstdlib>
#include <map>
#include <memory>
#include <sstream>

#include <catch2/catch.hpp>

#include "sources/audit_fields.hpp"
#include "sources/audit_types.hpp"
#include "unit/sources/audit_vectors.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

struct Closer {
    void operator()(auparse_state_t* state) const { auparse_destroy(state); }
};

struct Opinion {
    bool is_record = false;
    int type = 0;
    AuditStamp stamp;
    std::string node;
    std::vector<std::pair<std::string, std::string>> fields;
};

Opinion of_libauparse(const std::string& line) {
    Opinion opinion;
    const std::unique_ptr<auparse_state_t, Closer> parser(auparse_init(AUSOURCE_BUFFER, (line + "\n").c_str()));
    if (auparse_next_event(parser.get()) <= 0 || auparse_first_record(parser.get()) <= 0) return opinion;
    opinion.is_record = true;
    opinion.type = auparse_get_type(parser.get());
    const au_event_t* const stamp = auparse_get_timestamp(parser.get());
    opinion.stamp = {static_cast<std::uint64_t>(stamp->sec) * 1000 + stamp->milli,
                     static_cast<std::uint32_t>(stamp->serial)};
    // Of all its words this one is the caller's to free, though it is const.
    char* const node = const_cast<char*>(auparse_get_node(parser.get()));
    opinion.node = node != nullptr ? node : "";
    std::free(node);
    if (auparse_first_field(parser.get()) != 1) return opinion;
    do {
        const std::string name = auparse_get_field_name(parser.get());
        const char* const value = auparse_get_field_str(parser.get());
        if (name != "type" && name != "node") opinion.fields.emplace_back(name, value != nullptr ? value : "");
    } while (auparse_next_field(parser.get()) == 1);
    return opinion;
}

Opinion ours(const std::string& line) {
    Opinion opinion;
    const auto record = scan_audit_record(line);
    if (!record) return opinion;
    opinion = {true, record->number, record->stamp, std::string(record->node), {}};
    for_each_field(*record, [&](const AuditField& field) {
        const std::string quote = field.quoted ? "\"" : "";
        opinion.fields.emplace_back(field.name, quote + std::string(field.value) + quote);
        return true;
    });
    return opinion;
}

// What libauparse 3.0.9 does otherwise, and why we do not follow. Each takes our field to theirs; `used` counts.
using Fields = std::vector<std::pair<std::string, std::string>>;
struct Difference {
    const char* reason;
    bool (*apply)(std::pair<std::string, std::string>& field, Fields& out);
};

bool starts_upper_hex(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789ABCDEF") == std::string::npos;
}

const Difference differences[] = {
    {"it leaves out a field without a value; for us the name was said (`subj= res=success`)",
     [](auto& field, Fields&) { return field.second.empty(); }},
    {"it ends quoted text at the first space; AppArmor's info and reason are sentences",
     [](auto& field, Fields& out) {
         if (!field.second.starts_with('"') || field.second.find(' ') == std::string::npos) return false;
         out.emplace_back(field.first, field.second.substr(0, field.second.find(' ')));
         return true;
     }},
    {"it leaves out the remark of a label (`subj=/usr/sbin/cupsd (enforce)`), which is what the kernel means",
     [](auto& field, Fields& out) {
         const std::size_t remark = field.second.find(" (");
         if (remark == std::string::npos) return false;
         out.emplace_back(field.first, field.second.substr(0, remark));
         return true;
     }},
    {"it joins permissions with commas; we leave them as they stand",
     [](auto& field, Fields& out) {
         if (field.first != "seperms" || field.second.find(' ') == std::string::npos) return false;
         std::replace(field.second.begin(), field.second.end(), ' ', ',');
         out.push_back(field);
         return true;
     }},
    {"it makes several fields out of several keys; for us they are one value until decode_keys()",
     [](auto& field, Fields& out) {
         if (field.first != "key" || !starts_upper_hex(field.second)) return false;
         std::string text;
         for (std::size_t i = 0; i + 1 < field.second.size(); i += 2)
             text.push_back(static_cast<char>(std::stoi(field.second.substr(i, 2), nullptr, 16)));
         std::istringstream keys(text);
         for (std::string key; std::getline(keys, key, '\x01');)
             out.emplace_back("key", "\"" + key + "\"");
         return true;
     }},
    {"it decodes `key=val` of a program's own words as hex and has nothing left; for us no hex is no hex",
     [](auto& field, Fields& out) {
         if (field.first != "key" || field.second != "val") return false;
         out.emplace_back("key", "");
         return true;
     }},
    {"it takes `):` off a value in a torn line; for us only the last bracket of a value is punctuation",
     [](auto& field, Fields& out) {
         if (!field.second.ends_with("):")) return false;
         out.emplace_back(field.first, field.second.substr(0, field.second.size() - 2));
         return true;
     }},
};

// Our opinion as libauparse would have it; counts the differences.
Opinion as_theirs(Opinion opinion, std::map<std::string, int>& used) {
    if (opinion.type == audit_type::end_of_event) {
        ++used["it makes no event of an EOE alone; the end of an event is a record for us"];
        return {};
    }
    if (opinion.is_record && opinion.type == audit_type::unknown) {
        ++used["the number of a name that it does not know is -1; for us it is 0"];
        opinion.type = -1;
    }
    Fields fields;
    for (auto& field : opinion.fields) {
        const bool changed =
            std::any_of(std::begin(differences), std::end(differences), [&](const Difference& difference) {
                const bool applies = difference.apply(field, fields);
                used[difference.reason] += applies ? 1 : 0;
                return applies;
            });
        if (!changed) fields.push_back(field);
    }
    opinion.fields = fields;
    return opinion;
}

// Sorted: for us a program's words come behind the kernel's, wherever they stand.
std::string shown(Opinion opinion) {
    std::sort(opinion.fields.begin(), opinion.fields.end());
    std::ostringstream out;
    out << opinion.is_record << ' ' << opinion.type << ' ' << opinion.node << ' ' << opinion.stamp.milliseconds << ':'
        << opinion.stamp.serial;
    for (const auto& [name, value] : opinion.fields)
        out << "\n  " << name << " = " << value;
    return out.str();
}

}  // namespace

TEST_CASE("libauparse reads the same type, stamp, node and fields out of every line of the vectors", "[REQ-30]") {
    if (!have_audit_vectors()) return;
    std::size_t same = 0;
    std::map<std::string, int> used;
    for (const auto& [line, where] : all_audit_lines()) {
        INFO(where << "\n" << line);
        CHECK(shown(as_theirs(ours(line), used)) == shown(of_libauparse(line)));
        ++same;
    }
    CHECK(same > 2000);
    // Every difference of the list was met: the list says nothing that is not so.
    CHECK(used.size() == std::size(differences) + 2);
    for (const auto& [reason, count] : used) {
        INFO(reason);
        CHECK(count > 0);
    }
}
