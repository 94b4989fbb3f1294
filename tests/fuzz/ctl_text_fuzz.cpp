// What integrityctl reads of others: text for a terminal, reports of the daemon, lines of an exported chain.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <integrity/integrity.hpp>

#include "ctl/chain.hpp"
#include "ctl/json.hpp"
#include "ctl/text.hpp"

using namespace integrityctl;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

// Printable text has no control character, is printed as it is, and no line of it is too wide.
void try_text(std::string_view text) {
    const std::string safe = printable(text);
    must(printable(safe) == safe);
    for (const char c : safe)
        must(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    const std::size_t width = text.size() % 7 + 1;
    for (const auto& line : wrap(safe, width))
        must(columns(line) <= width || columns(line) <= 2);  // one wide character is wider than one column
    must(printable_json(printable_json(text)) == printable_json(text));
}

void try_chain(std::string_view text) {
    Chain chain;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        if (!chain.add(text.substr(begin, end - begin))) break;
        begin = end + 1;
    }
    must(chain.head().size() == 64);
    must(chain.checked() == 0 || chain.last() - chain.first() + 1 == chain.checked());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try_text(text);
    try_chain(text);
    try {
        (void)says_no_difference(text);
        (void)read_recipient(text);
        JsonObject().members_of(text);
        (void)read_baselines(text);
    } catch (const integrity::Error&) {  // what it says for what is none
    }
    try {
        (void)flatten(text);
    } catch (const integrity::Error&) {
    }
    return 0;
}
