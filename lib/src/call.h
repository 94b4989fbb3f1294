/* A blocking call, from the connection to the answer. */
#ifndef LIBINTEGRITY_CALL_H
#define LIBINTEGRITY_CALL_H

#include "client.h"

struct call {
    integrity_client* client;
    sd_bus_message* message;
    uint64_t until; /* CLOCK_MONOTONIC µs */
};

/* Connects and begins a message to the daemon; it never starts the daemon. */
int call_begin(struct call* call, integrity_client* client, uint64_t timeout, const char* path, const char* interface,
               const char* member);
/* Sends it if `appended` is not negative, and waits. The answer has this signature. Ends the call in any case; whatever
 * went wrong is the client's error message then. */
int call_end(struct call* call, int appended, const char* signature, sd_bus_message** ret);
/* The same where the answer says nothing. */
int call_end_void(struct call* call, int appended);
/* What went wrong with the answer afterwards. */
int call_failed(integrity_client* client, int error, const char* message);

#endif
