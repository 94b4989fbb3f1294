/* Lists of violations, events and canonical lines: one question, one page. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"

struct integrity_violation_page {
    integrity_violation* rows[ROWS_MAX];
    size_t count;
    uint64_t last_id;
    uint64_t sequence;
    bool end;
};

struct integrity_event_page {
    integrity_event* rows[ROWS_MAX];
    size_t count;
    uint64_t pruned;
    char* stream;
};

/* Where events were pruned, the hash before the oldest comes first, on top of what was asked for. */
#define LINES_OVER 1U

struct integrity_line_page {
    char* rows[ROWS_MAX + LINES_OVER];
    size_t count;
};

#define DEFAULT_ROWS 256U

static size_t rows_allowed(uint32_t limit) {
    return limit == 0 ? DEFAULT_ROWS : limit < ROWS_MAX ? limit : ROWS_MAX;
}

/* Reads an array of rows by `read_row`, which answers 0 or a negative errno. */
static int read_rows(sd_bus_message* reply, const char* row, size_t allowed, int (*read_row)(sd_bus_message*, void*),
                     void* page) {
    int r = sd_bus_message_enter_container(reply, 'a', row);
    for (size_t count = 0; r >= 0; count++) {
        r = sd_bus_message_at_end(reply, 0);
        if (r != 0) break;
        r = count == allowed ? -EBADMSG : read_row(reply, page);
    }
    return r < 0 ? r : sd_bus_message_exit_container(reply);
}

static int unreadable(integrity_client* client, int error) {
    return call_failed(client, error == -ENOMEM ? -ENOMEM : -EBADMSG, "the answer of the daemon cannot be read");
}

/* ---- Violations ---- */

struct violation_reading {
    integrity_violation_page* page;
    const integrity_filter* filter;
};

static int read_violation_row(sd_bus_message* reply, void* userdata) {
    struct violation_reading* reading = userdata;
    integrity_violation_page* page = reading->page;
    integrity_violation* violation;
    const int r = violation_read(reply, &violation);
    if (r < 0) return r;
    const uint64_t id = integrity_violation_get_id(violation);
    const bool ordered = id > page->last_id;
    const bool wanted = reading->filter == NULL || filter_passes_violation(reading->filter, violation);
    page->last_id = id;
    page->end = false;
    if (ordered && wanted)
        page->rows[page->count++] = violation;
    else
        integrity_violation_unref(violation);
    return ordered ? 0 : -EBADMSG;
}

static int read_violations(sd_bus_message* reply, const integrity_filter* filter, uint32_t limit,
                           integrity_violation_page* page) {
    struct violation_reading reading = {.page = page, .filter = filter};
    const int r = read_rows(reply, VIOLATION_SIGNATURE, rows_allowed(limit), read_violation_row, &reading);
    return r < 0 ? r : sd_bus_message_read_basic(reply, 't', &page->sequence);
}

static int append_list(sd_bus_message* message, const integrity_filter* filter, uint64_t after, uint32_t limit) {
    const int r = filter != NULL ? filter_append(filter, message) : sd_bus_message_append(message, "a{sv}", 0);
    return r < 0 ? r : sd_bus_message_append(message, "tu", after, limit);
}

int integrity_list_violations(integrity_client* client, const integrity_filter* filter, uint64_t after_id,
                              uint32_t limit, uint64_t timeout, integrity_violation_page** ret) {
    struct call call;
    sd_bus_message* reply;
    int r = call_begin(&call, client, timeout, ROOT_PATH, MANAGER_INTERFACE, "ListViolations");
    if (r < 0) return r;
    r = call_end(&call, append_list(call.message, filter, after_id, limit), "a" VIOLATION_SIGNATURE "t", &reply);
    if (r < 0) return r;
    integrity_violation_page* page = calloc(1, sizeof(*page));
    if (page != NULL) {
        page->last_id = after_id;
        page->end = true;
    }
    r = page != NULL ? read_violations(reply, filter, limit, page) : -ENOMEM;
    sd_bus_message_unref(reply);
    if (r < 0) {
        integrity_violation_page_unref(page);
        return unreadable(client, r);
    }
    *ret = page;
    return 0;
}

void integrity_violation_page_unref(integrity_violation_page* page) {
    if (page == NULL) return;
    for (size_t i = 0; i < page->count; i++)
        integrity_violation_unref(page->rows[i]);
    free(page);
}

size_t integrity_violation_page_get_count(const integrity_violation_page* page) {
    return page->count;
}
integrity_violation* integrity_violation_page_get(const integrity_violation_page* page, size_t index) {
    return index < page->count ? page->rows[index] : NULL;
}
uint64_t integrity_violation_page_get_last_id(const integrity_violation_page* page) {
    return page->last_id;
}
bool integrity_violation_page_is_end(const integrity_violation_page* page) {
    return page->end;
}
uint64_t integrity_violation_page_get_sequence(const integrity_violation_page* page) {
    return page->sequence;
}

int integrity_get_violation(integrity_client* client, uint64_t id, uint64_t timeout, integrity_violation** ret) {
    struct call call;
    sd_bus_message* reply;
    int r = call_begin(&call, client, timeout, ROOT_PATH, MANAGER_INTERFACE, "GetViolation");
    if (r < 0) return r;
    r = call_end(&call, sd_bus_message_append(call.message, "t", id), VIOLATION_SIGNATURE, &reply);
    if (r < 0) return r;
    r = violation_read(reply, ret);
    sd_bus_message_unref(reply);
    return r < 0 ? unreadable(client, r) : 0;
}

/* ---- Events ---- */

static int read_event_row(sd_bus_message* reply, void* userdata) {
    integrity_event_page* page = userdata;
    const int r = event_read(reply, &page->rows[page->count]);
    if (r < 0) return r;
    const uint64_t sequence = integrity_event_get_sequence(page->rows[page->count++]);
    const bool ordered = page->count == 1 || sequence == integrity_event_get_sequence(page->rows[page->count - 2]) + 1;
    return ordered ? 0 : -EBADMSG;
}

static int read_events(sd_bus_message* reply, uint64_t after, uint32_t limit, integrity_event_page* page) {
    const char* stream;
    int r = read_rows(reply, EVENT_SIGNATURE, rows_allowed(limit), read_event_row, page);
    if (r >= 0) r = sd_bus_message_read(reply, "ts", &page->pruned, &stream);
    if (r < 0) return r;
    const bool follows = page->count == 0 || integrity_event_get_sequence(page->rows[0]) - after - 1 == page->pruned;
    if (!follows) return -EBADMSG;
    page->stream = strdup(stream);
    return page->stream != NULL ? 0 : -ENOMEM;
}

int integrity_list_events(integrity_client* client, uint64_t after, uint32_t limit, uint64_t timeout,
                          integrity_event_page** ret) {
    struct call call;
    sd_bus_message* reply;
    int r = call_begin(&call, client, timeout, ROOT_PATH, MANAGER_INTERFACE, "ListEvents");
    if (r < 0) return r;
    r = call_end(&call, sd_bus_message_append(call.message, "tu", after, limit), "a" EVENT_SIGNATURE "ts", &reply);
    if (r < 0) return r;
    integrity_event_page* page = calloc(1, sizeof(*page));
    r = page != NULL ? read_events(reply, after, limit, page) : -ENOMEM;
    sd_bus_message_unref(reply);
    if (r < 0) {
        integrity_event_page_unref(page);
        return unreadable(client, r);
    }
    *ret = page;
    return 0;
}

void integrity_event_page_unref(integrity_event_page* page) {
    if (page == NULL) return;
    for (size_t i = 0; i < page->count; i++)
        integrity_event_unref(page->rows[i]);
    free(page->stream);
    free(page);
}

size_t integrity_event_page_get_count(const integrity_event_page* page) {
    return page->count;
}
integrity_event* integrity_event_page_get(const integrity_event_page* page, size_t index) {
    return index < page->count ? page->rows[index] : NULL;
}
uint64_t integrity_event_page_get_pruned(const integrity_event_page* page) {
    return page->pruned;
}
const char* integrity_event_page_get_stream(const integrity_event_page* page) {
    return page->stream;
}

/* ---- Canonical lines ---- */

static int read_line_row(sd_bus_message* reply, void* userdata) {
    integrity_line_page* page = userdata;
    const char* line;
    const int r = sd_bus_message_read_basic(reply, 's', &line);
    if (r < 0) return r;
    page->rows[page->count] = strdup(line);
    if (page->rows[page->count] == NULL) return -ENOMEM;
    page->count++;
    return 0;
}

int integrity_export_events(integrity_client* client, uint64_t after, uint32_t limit, uint64_t timeout,
                            integrity_line_page** ret) {
    struct call call;
    sd_bus_message* reply;
    int r = call_begin(&call, client, timeout, ROOT_PATH, MANAGER_INTERFACE, "ExportEvents");
    if (r < 0) return r;
    r = call_end(&call, sd_bus_message_append(call.message, "tu", after, limit), "as", &reply);
    if (r < 0) return r;
    integrity_line_page* page = calloc(1, sizeof(*page));
    r = page != NULL ? read_rows(reply, "s", rows_allowed(limit) + LINES_OVER, read_line_row, page) : -ENOMEM;
    sd_bus_message_unref(reply);
    if (r < 0) {
        integrity_line_page_unref(page);
        return unreadable(client, r);
    }
    *ret = page;
    return 0;
}

void integrity_line_page_unref(integrity_line_page* page) {
    if (page == NULL) return;
    for (size_t i = 0; i < page->count; i++)
        free(page->rows[i]);
    free(page);
}

size_t integrity_line_page_get_count(const integrity_line_page* page) {
    return page->count;
}
const char* integrity_line_page_get(const integrity_line_page* page, size_t index) {
    return index < page->count ? page->rows[index] : NULL;
}
