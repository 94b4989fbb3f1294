// Waiting for the daemon in the foreground: ends at once, and cleanly, on Ctrl-C and when nobody reads any more.
#pragma once

#include <functional>

#include <integrity/integrity.hpp>

#include "context.hpp"

namespace integrityctl {

// While it lives, SIGINT and SIGTERM are seen by wait() instead of ending the program.
class Waiter {
public:
    explicit Waiter(Context& context);
    ~Waiter();
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    // Until the client has something to do, or for `at_most`. False: it is time to end.
    bool wait(integrity::Duration at_most = integrity::forever);

private:
    Context& context_;
    int signals_;
};

// Follows the stream from `start` until it is time to end. `each` is called for every item, `caught_up` (may be empty)
// whenever there is nothing more to read for now; it answers how long to wait at most before it is called again. Throws
// when there is no daemon at the beginning; later losses are items.
int follow(Context& context, const integrity::Start& start, const std::function<void(const integrity::Item&)>& each,
           const std::function<integrity::Duration()>& caught_up = {});

// Shows an item as a line, of JSON where that was asked for; remarks about the stream itself go to standard error, or
// are objects with a `type` of their own.
void show_item(Context& context, const integrity::Item& item);

}  // namespace integrityctl
