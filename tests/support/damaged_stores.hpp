// Stores with some history, and what can happen to their files.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>

#include "support/golden.hpp"
#include "support/sample_events.hpp"
#include "support/stores.hpp"

namespace integrityd::test {

struct Before {
    std::string stream;
    std::string hash;
    std::uint64_t sequence = 0;
    std::uint64_t next_id = 0;
};

// A store of forty events, closed in order, or (`killed`) as if the process had ended: with its log.
inline Before make_history(const std::string& directory, bool killed = false) {
    const std::string live = killed ? directory + ".live" : directory;
    const auto store = opened(live);
    for (std::uint64_t id = 1; id <= 40; ++id)
        REQUIRE(store->append({sample_draft(id)}, {sample_entry(id)}).ok());
    REQUIRE(store->set_fact("pinned", "digest").ok());
    if (killed) std::filesystem::copy(live, directory);
    return {store->stream(), store->head_hash(), store->last_sequence(), store->next_id()};
}

inline void overwrite(const std::string& path, std::size_t offset, const std::string& bytes) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    REQUIRE(file.good());
}

// A page of that history: found by reading it, not by opening the store.
inline void damage_history(const std::string& directory) {
    const std::string file = directory + "/store.db";
    const std::size_t needle = read_whole(file).find("library-20.so");
    REQUIRE(needle != std::string::npos);
    overwrite(file, needle / 4096 * 4096, std::string(64, '\xff'));
}

}  // namespace integrityd::test
