// Result<T>: a value, or the reason why the world said no.
//
// Used for everything that can fail because of the outside (files, reports, peers, the bus). A
// programmer's error is an assert, "cannot start" is an exception caught once in main().
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace integrityd {

// `message` is one line for a person, without a trailing full stop; `code` is an errno value, or 0
// where no system call is behind the failure.
struct Error {
    std::string message;
    int code = 0;
};

template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value)
        : held_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor): `return value;`
    Result(Error error)
        : held_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor): `return Error{…};`

    [[nodiscard]] bool ok() const { return held_.index() == 0; }
    explicit operator bool() const { return ok(); }

    // The value; only after ok().
    T& value() & {
        assert(ok());
        return *std::get_if<0>(&held_);
    }
    const T& value() const& {
        assert(ok());
        return *std::get_if<0>(&held_);
    }
    T&& value() && {
        assert(ok());
        return std::move(*std::get_if<0>(&held_));
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    // The reason; only after !ok().
    [[nodiscard]] const Error& error() const {
        assert(!ok());
        return *std::get_if<1>(&held_);
    }

private:
    std::variant<T, Error> held_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool ok() const { return !error_; }
    explicit operator bool() const { return ok(); }
    [[nodiscard]] const Error& error() const {
        assert(error_);
        return *error_;
    }

private:
    std::optional<Error> error_;
};

}  // namespace integrityd
