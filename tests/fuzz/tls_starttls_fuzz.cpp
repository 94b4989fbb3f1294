// The dialogues before TLS: any bytes, in any pieces, end in a state, within the limit, and nothing that they say
// reaches a person unescaped. The first byte chooses the protocol, the second the size of the pieces.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "core/escape.hpp"
#include "sources/tls_starttls.hpp"

using integrityd::Starttls;
using integrityd::StarttlsDialogue;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    constexpr Starttls protocols[] = {Starttls::none, Starttls::smtp, Starttls::imap, Starttls::ldap};
    StarttlsDialogue dialogue(protocols[data[0] % 4]);
    const std::size_t piece = data[1] % 64 + 1;
    for (std::size_t at = 2; at < size; at += piece) {
        const auto* const begin = reinterpret_cast<const char*>(data + at);
        const auto before = dialogue.state();
        const auto after = dialogue.feed({begin, std::min(piece, size - at)});
        if (before != StarttlsDialogue::State::talking && after != before) std::abort();
        if (dialogue.take_output().size() > 64) std::abort();
    }
    const bool failed = dialogue.state() == StarttlsDialogue::State::failed;
    if (failed == dialogue.reason().empty()) std::abort();
    if (!integrityd::is_utf8(dialogue.reason()) || dialogue.reason().find('\n') != std::string::npos) std::abort();
    return 0;
}
