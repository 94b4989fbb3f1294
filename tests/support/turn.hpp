// Lets everything happen that can happen without time passing: posted work, jobs of the worker, descriptors that are
// ready.
#pragma once

#include <poll.h>
#include <sys/epoll.h>

#include "support/fake_loop.hpp"
#include "support/fakes.hpp"

namespace integrityd::test {

inline void turn_until_quiet(FakeLoop& loop, FakeWorker& worker) {
    bool more = true;
    while (more) {
        loop.run_posted();
        more = worker.run_all() > 0;
        for (const int fd : loop.waited_for()) {
            pollfd ready{fd, POLLIN, 0};
            if (poll(&ready, 1, 0) > 0) more = loop.ready(fd, EPOLLIN) || more;
        }
    }
}

}  // namespace integrityd::test
