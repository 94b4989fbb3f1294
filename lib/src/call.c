#include "call.h"

#include <errno.h>
#include <stdio.h>

int call_failed(integrity_client* client, int error, const char* message) {
    snprintf(client->message, sizeof(client->message), "%s", message);
    return error;
}

static int link_failed(integrity_client* client, int error) {
    const int own = error_from_bus(NULL, error, client->message, sizeof(client->message));
    link_check(client, client->foreign ? 0 : error);
    return own;
}

int call_begin(struct call* call, integrity_client* client, uint64_t timeout, const char* path, const char* interface,
               const char* member) {
    const uint64_t now = now_monotonic();
    const uint64_t allowed = timeout == 0 ? CALL_TIMEOUT : timeout;
    *call = (struct call){.client = client, .until = allowed > UINT64_MAX - now ? UINT64_MAX : now + allowed};
    client->message[0] = '\0';
    int r = link_connect(client);
    if (r >= 0) r = link_ready(client, call->until);
    if (r < 0) return link_failed(client, r);
    r = sd_bus_message_new_method_call(client->bus, &call->message, BUS_NAME, path, interface, member);
    if (r >= 0) r = sd_bus_message_set_auto_start(call->message, 0);
    return r < 0 ? link_failed(client, r) : 0;
}

/* The bus says so when the daemon has left it; that the time is over sd_bus_call() says in another way. */
static bool daemon_left(const struct call* call, const sd_bus_error* error) {
    return sd_bus_error_has_name(error, SD_BUS_ERROR_NO_REPLY) && now_monotonic() < call->until;
}

static int send_and_wait(struct call* call, sd_bus_message** ret) {
    integrity_client* client = call->client;
    sd_bus_error error = SD_BUS_ERROR_NULL;
    const uint64_t now = now_monotonic();
    const uint64_t left = call->until == UINT64_MAX ? UINT64_MAX : call->until > now ? call->until - now : 1;
    int r = sd_bus_call(client->bus, call->message, left, &error, ret);
    if (r < 0 && daemon_left(call, &error))
        r = call_failed(client, -ECONNRESET, "the daemon went away before it answered");
    else if (r < 0)
        r = error_from_bus(&error, r, client->message, sizeof(client->message));
    sd_bus_error_free(&error);
    link_check(client, 0);
    return r < 0 ? r : 0;
}

int call_end(struct call* call, int appended, const char* signature, sd_bus_message** ret) {
    sd_bus_message* reply = NULL;
    int r = appended < 0 ? call_failed(call->client, appended == -EINVAL ? -EINVAL : error_from_link(appended),
                                       "the question cannot be written")
                         : send_and_wait(call, &reply);
    sd_bus_message_unref(call->message);
    if (r >= 0 && sd_bus_message_has_signature(reply, signature) <= 0)
        r = call_failed(call->client, -EBADMSG, "the answer of the daemon has another form than agreed");
    if (r < 0) {
        sd_bus_message_unref(reply);
        return r;
    }
    *ret = reply;
    return 0;
}

int call_end_void(struct call* call, int appended) {
    sd_bus_message* reply;
    const int r = call_end(call, appended, "", &reply);
    if (r < 0) return r;
    sd_bus_message_unref(reply);
    return 0;
}
