// An IMA list: in one piece and in small ones it is the same.
#include <cstdint>
#include <cstdlib>

#include "sources/ima_log.hpp"
#include "sources/ima_replay.hpp"

namespace {

struct Read {
    std::uint64_t entries = 0;
    std::size_t wrong = 0;
    std::string problem;
    std::string pcr;

    bool operator==(const Read&) const = default;
};

Read read_list(std::string_view bytes, std::size_t piece) {
    using namespace integrityd;
    Read out;
    ImaLogReader reader;
    ImaReplay replay({tcg::sha256});
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        reader.feed(bytes.substr(at, piece), [&](const ImaEntry& entry) {
            (void)parse_ima_file(entry);
            out.wrong += replay.add(entry, reader.algorithm()) ? 0 : 1;
        });
    }
    out.entries = reader.entries();
    out.problem = reader.problem();
    out.pcr = replay.value(tcg::sha256)->hex();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const Read whole = read_list(bytes, size == 0 ? 1 : size);
    if (size < 4096 && read_list(bytes, 3) != whole) std::abort();
    return 0;
}
