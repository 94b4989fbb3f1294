// Reply: the answer that a caller waits for, given at once or later, exactly once.
//
// A message of sdbus-c++ must not outlive its connection, but the daemon may hold an answer for long (a baseline is
// being accepted). So each Reply is known to the registry of its connection, which empties them all before
// the connection goes. A Reply that is dropped without an answer answers with an error: nobody waits in vain.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <sys/types.h>
#include <utility>

#include <sdbus-c++/sdbus-c++.h>

#include "core/result.hpp"

namespace integrityd {

// org.cip_project.Integrity1.Error.* by Error::code (see Service). What is Internal goes to the journal in full, and to
// the caller without its text, which may quote internals.
[[nodiscard]] sdbus::Error to_bus_error(const Error& error);

class HeldReply {
public:
    virtual ~HeldReply() = default;
    virtual void abandon() = 0;
};

class ReplyRegistry {
public:
    void add(HeldReply* reply) { held_.emplace(reply, std::nullopt); }
    // Once it is known who waits for it.
    void assign(HeldReply* reply, uid_t user) {
        held_.at(reply) = user;
        ++of_user_[user];
    }
    void remove(HeldReply* reply) {
        const auto held = held_.find(reply);
        if (held->second && --of_user_[*held->second] == 0) of_user_.erase(*held->second);
        held_.erase(held);
    }
    [[nodiscard]] std::size_t size() const { return held_.size(); }
    [[nodiscard]] std::size_t of_user(uid_t user) const {
        const auto found = of_user_.find(user);
        return found != of_user_.end() ? found->second : 0;
    }
    void abandon_all() {
        for (const auto& [reply, user] : held_)
            reply->abandon();
    }

private:
    std::map<HeldReply*, std::optional<uid_t>> held_;
    std::map<uid_t, std::size_t> of_user_;
};

template <typename... T>
class Reply final : public HeldReply {
public:
    Reply(std::shared_ptr<ReplyRegistry> registry, sdbus::Result<T...>&& result)
        : registry_(std::move(registry)), result_(std::move(result)) {
        registry_->add(this);
    }
    ~Reply() override {
        registry_->remove(this);
        fail(Error{"the request was given up"});
    }
    Reply(const Reply&) = delete;
    Reply& operator=(const Reply&) = delete;

    // Throws sdbus::Error when a value cannot be sent; the caller can still be told with fail().
    void send(const T&... values) {
        if (!result_) return;
        result_->returnResults(values...);
        result_.reset();
    }
    void fail(const Error& error) noexcept {
        if (!result_) return;
        try {
            result_->returnError(to_bus_error(error));
        } catch (const std::exception&) {
            // The bus is gone, and with it who waited; its loss is handled where it is noticed (BusPump).
        }
        result_.reset();
    }
    void abandon() override { result_.reset(); }

private:
    std::shared_ptr<ReplyRegistry> registry_;
    std::optional<sdbus::Result<T...>> result_;
};

}  // namespace integrityd
