// Real stores in temporary directories.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "state/store.hpp"

namespace integrityd::test {

inline std::unique_ptr<Store> opened(const std::string& directory, StoreOpening* opening = nullptr,
                                     StoreSettings settings = {}) {
    StoreOpening own;
    settings.directory = directory;
    auto store = open_store(settings, opening != nullptr ? *opening : own);
    INFO((store ? std::string() : store.error().message));
    REQUIRE(store.ok());
    return std::move(*store);
}

inline ChainCheck verified(Store& store) {
    ChainCheck check;
    std::uint64_t position = 0;
    std::string hash;
    while (true) {
        const auto over = store.verify_step(check, position, hash, 100);
        INFO((over ? std::string() : over.error().message));
        REQUIRE(over.ok());
        if (*over) return check;
    }
}

}  // namespace integrityd::test
