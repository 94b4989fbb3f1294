/* The remaining methods of the manager: each a call and, at most, a few strings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"

static int begin(struct call* call, integrity_client* client, uint64_t timeout, const char* member) {
    return call_begin(call, client, timeout, ROOT_PATH, MANAGER_INTERFACE, member);
}

static int append_ids(sd_bus_message* message, const uint64_t* ids, size_t count) {
    return sd_bus_message_append_array(message, 't', ids, count * sizeof(*ids));
}

int integrity_acknowledge(integrity_client* client, const uint64_t* ids, size_t count, const char* comment,
                          uint64_t timeout) {
    struct call call;
    int r = begin(&call, client, timeout, "Acknowledge");
    if (r < 0) return r;
    r = append_ids(call.message, ids, count);
    if (r >= 0) r = sd_bus_message_append(call.message, "s", comment != NULL ? comment : "");
    return call_end_void(&call, r);
}

int integrity_check(integrity_client* client, const char* watcher, uint64_t timeout) {
    struct call call;
    const int r = begin(&call, client, timeout, "Check");
    if (r < 0) return r;
    return call_end_void(&call, sd_bus_message_append(call.message, "s", watcher != NULL ? watcher : ""));
}

int integrity_test_recipient(integrity_client* client, const char* name, uint64_t timeout) {
    struct call call;
    const int r = begin(&call, client, timeout, "TestRecipient");
    if (r < 0) return r;
    return call_end_void(&call, sd_bus_message_append(call.message, "s", name));
}

static int copy_next_string(sd_bus_message* reply, char** ret) {
    const char* text;
    const int r = sd_bus_message_read_basic(reply, 's', &text);
    if (r < 0) return r;
    *ret = strdup(text);
    return *ret != NULL ? 0 : -ENOMEM;
}

/* Asks with one string, is answered with `count` of them; gives all or none. */
static int ask_strings(integrity_client* client, const char* member, const char* argument, uint64_t timeout,
                       const char* signature, char* texts[], size_t count) {
    struct call call;
    sd_bus_message* reply;
    int r = begin(&call, client, timeout, member);
    if (r < 0) return r;
    r = call_end(&call, sd_bus_message_append(call.message, "s", argument), signature, &reply);
    if (r < 0) return r;
    for (size_t i = 0; i < count && r >= 0; i++)
        r = copy_next_string(reply, &texts[i]);
    sd_bus_message_unref(reply);
    if (r >= 0) return 0;
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    return call_failed(client, r, "the answer of the daemon cannot be read");
}

int integrity_diff_baseline(integrity_client* client, const char* watcher, uint64_t timeout, char** ret_json,
                            char** ret_digest) {
    char* texts[2] = {NULL, NULL};
    const int r = ask_strings(client, "DiffBaseline", watcher, timeout, "ss", texts, 2);
    if (r < 0) return r;
    *ret_json = texts[0];
    *ret_digest = texts[1];
    return 0;
}

int integrity_get_report(integrity_client* client, const char* topic, uint64_t timeout, char** ret_json) {
    char* texts[1] = {NULL};
    const int r = ask_strings(client, "GetReport", topic, timeout, "s", texts, 1);
    if (r < 0) return r;
    *ret_json = texts[0];
    return 0;
}

static int append_acceptance(sd_bus_message* message, const char* watcher, const char* digest, const uint64_t* ids,
                             size_t count, const char* comment) {
    int r = sd_bus_message_append(message, "ss", watcher, digest);
    if (r >= 0) r = append_ids(message, ids, count);
    return r < 0 ? r : sd_bus_message_append(message, "s", comment != NULL ? comment : "");
}

int integrity_accept_baseline(integrity_client* client, const char* watcher, const char* digest, const uint64_t* ids,
                              size_t count, const char* comment, uint64_t timeout, uint32_t* ret_resolved) {
    struct call call;
    sd_bus_message* reply;
    uint32_t resolved;
    int r = begin(&call, client, timeout, "AcceptBaseline");
    if (r < 0) return r;
    r = append_acceptance(call.message, watcher, digest, ids, count, comment);
    r = call_end(&call, r, "u", &reply);
    if (r < 0) return r;
    r = sd_bus_message_read_basic(reply, 'u', &resolved);
    sd_bus_message_unref(reply);
    if (r < 0) return call_failed(client, -EBADMSG, "the answer of the daemon cannot be read");
    if (ret_resolved != NULL) *ret_resolved = resolved;
    return 0;
}

int integrity_import_baseline(integrity_client* client, const char* watcher, const char* document, const char* comment,
                              uint64_t timeout, char** ret_digest) {
    struct call call;
    sd_bus_message* reply;
    char* digest = NULL;
    int r = begin(&call, client, timeout, "ImportBaseline");
    if (r < 0) return r;
    r = sd_bus_message_append(call.message, "sss", watcher, document, comment != NULL ? comment : "");
    r = call_end(&call, r, "s", &reply);
    if (r < 0) return r;
    r = copy_next_string(reply, &digest);
    sd_bus_message_unref(reply);
    if (r < 0) return call_failed(client, r, "the answer of the daemon cannot be read");
    if (ret_digest != NULL)
        *ret_digest = digest;
    else
        free(digest);
    return 0;
}

int integrity_verify_events(integrity_client* client, uint64_t timeout, bool* ret_intact, uint64_t* ret_checked,
                            char** ret_detail) {
    struct call call;
    sd_bus_message* reply;
    int intact;
    int r = begin(&call, client, timeout, "VerifyEvents");
    if (r < 0) return r;
    r = call_end(&call, 0, "bts", &reply);
    if (r < 0) return r;
    r = sd_bus_message_read(reply, "bt", &intact, ret_checked);
    if (r >= 0) r = copy_next_string(reply, ret_detail);
    sd_bus_message_unref(reply);
    if (r < 0) return call_failed(client, r, "the answer of the daemon cannot be read");
    *ret_intact = intact != 0;
    return 0;
}
