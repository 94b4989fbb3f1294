/* Properties of the manager and of the watchers. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"

/* The daemon has six watchers; more than this is no list of ours. */
#define WATCHERS_MAX 64U
#define NAME_MAX_LENGTH 64U

struct integrity_status {
    struct arena arena;
    integrity_value* properties;
};

struct integrity_watcher {
    struct arena arena; /* empty where it belongs to a page */
    const integrity_value* properties;
};

struct integrity_watcher_page {
    struct arena arena;
    integrity_watcher rows[WATCHERS_MAX];
    size_t count;
};

static const char* text_of(const integrity_value* properties, const char* name) {
    return integrity_value_get_string(integrity_value_find(properties, name), "");
}

static uint64_t number_of(const integrity_value* properties, const char* name) {
    return integrity_value_get_uint64(integrity_value_find(properties, name), 0);
}

/* All properties of an interface, as a map. */
static int get_all(integrity_client* client, uint64_t timeout, const char* path, const char* interface,
                   struct arena* arena, integrity_value** ret) {
    struct call call;
    sd_bus_message* reply;
    int r = call_begin(&call, client, timeout, path, "org.freedesktop.DBus.Properties", "GetAll");
    if (r < 0) return r;
    r = call_end(&call, sd_bus_message_append(call.message, "s", interface), "a{sv}", &reply);
    if (r < 0) return r;
    r = value_read(arena, reply, ret);
    sd_bus_message_unref(reply);
    return r < 0 ? call_failed(client, r, "the properties cannot be read") : 0;
}

/* ---- Status ---- */

int integrity_get_status(integrity_client* client, uint64_t timeout, integrity_status** ret) {
    integrity_status* status = calloc(1, sizeof(*status));
    if (status == NULL) return -ENOMEM;
    int r = get_all(client, timeout, ROOT_PATH, MANAGER_INTERFACE, &status->arena, &status->properties);
    if (r >= 0 && integrity_value_find(status->properties, "State") == NULL)
        r = call_failed(client, -EBADMSG, "the daemon's status has no verdict");
    if (r < 0) {
        integrity_status_unref(status);
        return r;
    }
    *ret = status;
    return 0;
}

void integrity_status_unref(integrity_status* status) {
    if (status == NULL) return;
    arena_clear(&status->arena);
    free(status);
}

enum integrity_verdict_word integrity_status_get_verdict(const integrity_status* status) {
    const int word = integrity_verdict_from_string(integrity_status_get_state(status));
    return word < 0 ? INTEGRITY_UNKNOWN : (enum integrity_verdict_word)word;
}

const char* integrity_status_get_state(const integrity_status* status) {
    return text_of(status->properties, "State");
}
uint64_t integrity_status_get_since(const integrity_status* status) {
    return number_of(status->properties, "StateSince");
}
uint32_t integrity_status_get_open(const integrity_status* status, const char* severity) {
    const uint64_t open = number_of(integrity_value_find(status->properties, "OpenViolations"), severity);
    return open > UINT32_MAX ? UINT32_MAX : (uint32_t)open;
}
uint64_t integrity_status_get_last_sequence(const integrity_status* status) {
    return number_of(status->properties, "LastSequence");
}
const char* integrity_status_get_stream(const integrity_status* status) {
    return text_of(status->properties, "StreamId");
}
const char* integrity_status_get_version(const integrity_status* status) {
    return text_of(status->properties, "Version");
}
uint64_t integrity_status_get_maintenance_until(const integrity_status* status) {
    return number_of(status->properties, "MaintenanceUntil");
}

int integrity_status_to_json(const integrity_status* status, char** ret) {
    struct json json = {0};
    json_open(&json, '{');
    json_member_string(&json, "state", integrity_status_get_state(status));
    json_member_time(&json, "since", integrity_status_get_since(status));
    json_member_value(&json, "open_violations", integrity_value_find(status->properties, "OpenViolations"));
    json_member_number(&json, "last_sequence", integrity_status_get_last_sequence(status));
    json_member_string(&json, "stream", integrity_status_get_stream(status));
    json_member_time(&json, "maintenance_until", integrity_status_get_maintenance_until(status));
    json_member_string(&json, "version", integrity_status_get_version(status));
    json_close(&json, '}');
    return json_finish(&json, ret);
}

/* ---- Watchers ---- */

static int by_name(const void* left, const void* right) {
    return strcmp(integrity_watcher_get_name(left), integrity_watcher_get_name(right));
}

/* `objects` maps paths to maps of interfaces to maps of properties. */
static int pick_watchers(const integrity_value* objects, integrity_watcher_page* page) {
    const integrity_value* object = integrity_value_get_first(objects);
    for (; object != NULL; object = integrity_value_get_next(object)) {
        const integrity_value* properties = integrity_value_find(object, WATCHER_INTERFACE);
        if (properties == NULL) continue;
        if (page->count == WATCHERS_MAX) return -EBADMSG;
        page->rows[page->count++].properties = properties;
    }
    qsort(page->rows, page->count, sizeof(*page->rows), by_name);
    return 0;
}

int integrity_list_watchers(integrity_client* client, uint64_t timeout, integrity_watcher_page** ret) {
    struct call call;
    sd_bus_message* reply;
    integrity_value* objects;
    int r = call_begin(&call, client, timeout, ROOT_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
    if (r < 0) return r;
    r = call_end(&call, 0, "a{oa{sa{sv}}}", &reply);
    if (r < 0) return r;
    integrity_watcher_page* page = calloc(1, sizeof(*page));
    r = page != NULL ? value_read(&page->arena, reply, &objects) : -ENOMEM;
    sd_bus_message_unref(reply);
    if (r >= 0) r = pick_watchers(objects, page);
    if (r < 0) {
        integrity_watcher_page_unref(page);
        return call_failed(client, r, "the daemon's list of watchers cannot be read");
    }
    *ret = page;
    return 0;
}

void integrity_watcher_page_unref(integrity_watcher_page* page) {
    if (page == NULL) return;
    arena_clear(&page->arena);
    free(page);
}

size_t integrity_watcher_page_get_count(const integrity_watcher_page* page) {
    return page->count;
}
const integrity_watcher* integrity_watcher_page_get(const integrity_watcher_page* page, size_t index) {
    return index < page->count ? &page->rows[index] : NULL;
}

/* What may stand in an object path. */
static bool is_name(const char* name) {
    const size_t length = strnlen(name, NAME_MAX_LENGTH + 1);
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_') return false;
    return length > 0 && length <= NAME_MAX_LENGTH;
}

int integrity_get_watcher(integrity_client* client, const char* name, uint64_t timeout, integrity_watcher** ret) {
    char path[sizeof(WATCHER_PATH) + NAME_MAX_LENGTH];
    integrity_value* properties;
    if (!is_name(name)) return call_failed(client, -ENOENT, "no watcher can have this name");
    snprintf(path, sizeof(path), "%s%s", WATCHER_PATH, name);
    integrity_watcher* watcher = calloc(1, sizeof(*watcher));
    if (watcher == NULL) return -ENOMEM;
    const int r = get_all(client, timeout, path, WATCHER_INTERFACE, &watcher->arena, &properties);
    if (r < 0) {
        integrity_watcher_unref(watcher);
        /* No such object. */
        return r == -EOPNOTSUPP ? call_failed(client, -ENOENT, "there is no watcher of this name") : r;
    }
    watcher->properties = properties;
    *ret = watcher;
    return 0;
}

void integrity_watcher_unref(integrity_watcher* watcher) {
    if (watcher == NULL) return;
    arena_clear(&watcher->arena);
    free(watcher);
}

const char* integrity_watcher_get_name(const integrity_watcher* watcher) {
    return text_of(watcher->properties, "Name");
}
const char* integrity_watcher_get_state(const integrity_watcher* watcher) {
    return text_of(watcher->properties, "State");
}
const char* integrity_watcher_get_detail(const integrity_watcher* watcher) {
    return text_of(watcher->properties, "Detail");
}
uint64_t integrity_watcher_get_blind_since(const integrity_watcher* watcher) {
    return number_of(watcher->properties, "BlindSince");
}
uint64_t integrity_watcher_get_last_look(const integrity_watcher* watcher) {
    return number_of(watcher->properties, "LastLook");
}
uint64_t integrity_watcher_get_next_look(const integrity_watcher* watcher) {
    return number_of(watcher->properties, "NextLook");
}
const integrity_value* integrity_watcher_get_counters(const integrity_watcher* watcher) {
    return integrity_value_find(watcher->properties, "Counters");
}

int integrity_watcher_to_json(const integrity_watcher* watcher, char** ret) {
    struct json json = {0};
    json_open(&json, '{');
    json_member_string(&json, "name", integrity_watcher_get_name(watcher));
    json_member_string(&json, "state", integrity_watcher_get_state(watcher));
    json_member_string(&json, "detail", integrity_watcher_get_detail(watcher));
    json_member_time(&json, "blind_since", integrity_watcher_get_blind_since(watcher));
    json_member_time(&json, "last_look", integrity_watcher_get_last_look(watcher));
    json_member_time(&json, "next_look", integrity_watcher_get_next_look(watcher));
    json_member_value(&json, "counters", integrity_watcher_get_counters(watcher));
    json_close(&json, '}');
    return json_finish(&json, ret);
}
