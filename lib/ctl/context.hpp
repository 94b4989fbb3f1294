// What every verb is given.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <integrity/integrity.hpp>

#include "output.hpp"

namespace integrityctl {

class Context {
public:
    Context(Output& standard_output, Output& standard_error, bool as_json, integrity::Time began)
        : out(standard_output), error(standard_error), json(as_json), now(began) {}

    // Made when it is first asked for: some verbs need no daemon.
    integrity::Client& client() {
        if (!client_) client_.emplace();
        return *client_;
    }

    // A remark for a person that is no result: never in the way of what a program reads. `text` is printable.
    void say(std::string_view text) {
        error.line("integrityctl: " + std::string(text));
        error.flush();
    }

    Output& out;
    Output& error;
    const bool json;
    const integrity::Time now;  // when the program began

private:
    std::optional<integrity::Client> client_;
};

}  // namespace integrityctl
