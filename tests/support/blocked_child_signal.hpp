// BlockedChildSignal: SIGCHLD is blocked as long as it lives, in threads that begin meanwhile too: sd-event reaps
// children only so.
#pragma once

#include <csignal>
#include <pthread.h>

namespace integrityd::test {

struct BlockedChildSignal {
    BlockedChildSignal() {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGCHLD);
        pthread_sigmask(SIG_BLOCK, &signals, &before);
    }
    ~BlockedChildSignal() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    sigset_t before{};
};

}  // namespace integrityd::test
