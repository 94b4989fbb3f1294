#include "sources/audit_log_blocks.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cerrno>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/random.h>
#include <system_error>

namespace integrityd {

namespace {

constexpr std::uint64_t first_size = 64U << 10;
constexpr std::uint64_t blocks_of_size = 512;
constexpr std::uint64_t first_stretch = blocks_of_size * first_size;

// Fetched once, and without openssl.cnf, for the reasons of core/digest.cpp.
EVP_MAC* algorithm() {
    static EVP_MAC* const fetched = [] {
        OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
        return EVP_MAC_fetch(nullptr, "POLY1305", nullptr);
    }();
    assert(fetched != nullptr);
    return fetched;
}

BlockTag final_tag(EVP_MAC_CTX* context) {
    BlockTag tag{};
    std::size_t size = 0;
    [[maybe_unused]] const int done = EVP_MAC_final(context, tag.data(), &size, tag.size());
    assert(done == 1 && size == tag.size());
    return tag;
}

}  // namespace

AuditLogBlock audit_log_block(std::size_t index) {
    const std::uint64_t stretch = index / blocks_of_size;
    const std::uint64_t size = first_size << stretch;
    return {first_stretch * ((std::uint64_t{1} << stretch) - 1) + (index % blocks_of_size) * size, size};
}

std::size_t audit_log_blocks_before(std::uint64_t offset) {
    // Stretches begin at 0, 1, 3, 7 … times the first one's length.
    const std::uint64_t reached = offset / first_stretch + 1;
    const std::uint64_t factor = std::bit_floor(reached);
    const auto stretch = static_cast<std::uint64_t>(std::bit_width(reached) - 1);
    return blocks_of_size * stretch + (offset - first_stretch * (factor - 1)) / (first_size * factor);
}

BlockKey make_block_key() {
    BlockKey key{};
    // Up to 256 bytes come whole or not at all.
    if (getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size()))
        throw std::system_error(errno, std::generic_category(), "getrandom");
    return key;
}

struct BlockTagger::Context {
    BlockKey key;
    EVP_MAC_CTX* mac = EVP_MAC_CTX_new(algorithm());

    explicit Context(const BlockKey& with) : key(with) { restart(); }
    ~Context() { EVP_MAC_CTX_free(mac); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    void restart() {
        [[maybe_unused]] const int done = EVP_MAC_init(mac, key.data(), key.size(), nullptr);
        assert(done == 1);
    }
};

BlockTagger::BlockTagger(const BlockKey& key) : context_(std::make_unique<Context>(key)) {}
BlockTagger::~BlockTagger() = default;
BlockTagger::BlockTagger(BlockTagger&&) noexcept = default;
BlockTagger& BlockTagger::operator=(BlockTagger&&) noexcept = default;

void BlockTagger::update(std::string_view bytes) {
    [[maybe_unused]] const int done =
        EVP_MAC_update(context_->mac, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    assert(done == 1);
}

BlockTag BlockTagger::so_far() const {
    const std::unique_ptr<EVP_MAC_CTX, void (*)(EVP_MAC_CTX*)> copy(EVP_MAC_CTX_dup(context_->mac), EVP_MAC_CTX_free);
    assert(copy != nullptr);
    return final_tag(copy.get());
}

BlockTag BlockTagger::finish() {
    const BlockTag tag = final_tag(context_->mac);
    context_->restart();
    return tag;
}

BlockTags::BlockTags(const BlockKey& key, std::size_t first) : tags_(first), open_(key) {}

void BlockTags::add(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::uint64_t size = audit_log_block(whole()).size;
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(size - open_size_, bytes.size()));
        open_.update(bytes.substr(0, part));
        open_size_ += part;
        bytes.remove_prefix(part);
        if (open_size_ < size) continue;
        tags_.emplace_back(open_.finish());
        open_size_ = 0;
    }
}

}  // namespace integrityd
