#include "record.h"

#include <errno.h>
#include <stdlib.h>

struct integrity_violation {
    unsigned references;
    struct arena arena;
    uint64_t id;
    const char* kind;
    const char* source;
    const char* severity;
    const char* subject;
    const char* summary;
    const char* state;
    uint64_t first_seen;
    uint64_t last_seen;
    uint32_t count;
    integrity_value* details;
    integrity_value* requirements; /* may be NULL */
};

struct integrity_event {
    unsigned references;
    struct arena arena;
    uint64_t sequence;
    uint64_t time;
    uint64_t boottime;
    const char* boot_id;
    const char* type;
    const char* stream;
    const char* clock;
    const char* hash;
    bool maintenance;
    integrity_violation* violation; /* may be NULL */
    integrity_value* by;            /* may be NULL */
    integrity_value* data;
};

/* ---- Reading ---- */

/* The strings still belong to the message. */
static int copy_strings(struct arena* arena, const char** const strings[], size_t count) {
    for (size_t i = 0; i < count; i++) {
        *strings[i] = arena_copy(arena, *strings[i]);
        if (*strings[i] == NULL) return -ENOMEM;
    }
    return 0;
}

static int violation_read_into(sd_bus_message* message, integrity_violation* v) {
    int r = sd_bus_message_enter_container(message, 'r', VIOLATION_CONTENTS);
    if (r <= 0) return r < 0 ? r : -EBADMSG;
    r = sd_bus_message_read(message, "tsssssttu", &v->id, &v->kind, &v->source, &v->severity, &v->subject, &v->state,
                            &v->first_seen, &v->last_seen, &v->count);
    if (r < 0) return r;
    const char** const strings[] = {&v->kind, &v->source, &v->severity, &v->subject, &v->state};
    r = copy_strings(&v->arena, strings, sizeof(strings) / sizeof(*strings));
    if (r < 0) return r;
    r = value_read(&v->arena, message, &v->details);
    if (r < 0) return r;
    v->summary = integrity_value_get_string(value_take(v->details, "summary"), "");
    v->requirements = value_take(v->details, "requirements");
    return sd_bus_message_exit_container(message);
}

int violation_read(sd_bus_message* message, integrity_violation** ret) {
    integrity_violation* violation = calloc(1, sizeof(*violation));
    if (violation == NULL) return -ENOMEM;
    violation->references = 1;
    const int r = violation_read_into(message, violation);
    if (r < 0) {
        integrity_violation_unref(violation);
        return r == -ENXIO ? -EBADMSG : r;
    }
    *ret = violation;
    return 0;
}

static void event_take_extra(integrity_event* event) {
    event->stream = integrity_value_get_string(value_take(event->data, "stream"), "");
    event->clock = integrity_value_get_string(value_take(event->data, "clock"), "");
    event->maintenance = integrity_value_get_bool(value_take(event->data, "maintenance"), false);
    event->by = value_take(event->data, "by");
    if (integrity_value_get_count(event->by) == 0) event->by = NULL;
    if (integrity_violation_get_id(event->violation) == 0) {
        integrity_violation_unref(event->violation);
        event->violation = NULL;
    }
}

static int event_read_into(sd_bus_message* message, integrity_event* e) {
    int r = sd_bus_message_enter_container(message, 'r', EVENT_CONTENTS);
    if (r <= 0) return r < 0 ? r : -EBADMSG;
    r = sd_bus_message_read(message, "tttss", &e->sequence, &e->time, &e->boottime, &e->boot_id, &e->type);
    if (r < 0) return r;
    r = violation_read(message, &e->violation);
    if (r < 0) return r;
    r = value_read(&e->arena, message, &e->data);
    if (r < 0) return r;
    r = sd_bus_message_read_basic(message, 's', &e->hash);
    if (r < 0) return r;
    const char** const strings[] = {&e->boot_id, &e->type, &e->hash};
    r = copy_strings(&e->arena, strings, sizeof(strings) / sizeof(*strings));
    if (r < 0) return r;
    event_take_extra(e);
    return sd_bus_message_exit_container(message);
}

int event_read(sd_bus_message* message, integrity_event** ret) {
    integrity_event* event = calloc(1, sizeof(*event));
    if (event == NULL) return -ENOMEM;
    event->references = 1;
    const int r = event_read_into(message, event);
    if (r < 0) {
        integrity_event_unref(event);
        return r == -ENXIO ? -EBADMSG : r;
    }
    *ret = event;
    return 0;
}

/* ---- Violations ---- */

integrity_violation* integrity_violation_ref(integrity_violation* violation) {
    violation->references++;
    return violation;
}

void integrity_violation_unref(integrity_violation* violation) {
    if (violation == NULL || --violation->references > 0) return;
    arena_clear(&violation->arena);
    free(violation);
}

uint64_t integrity_violation_get_id(const integrity_violation* violation) {
    return violation->id;
}
const char* integrity_violation_get_kind(const integrity_violation* violation) {
    return violation->kind;
}
const char* integrity_violation_get_source(const integrity_violation* violation) {
    return violation->source;
}
const char* integrity_violation_get_severity(const integrity_violation* violation) {
    return violation->severity;
}
const char* integrity_violation_get_subject(const integrity_violation* violation) {
    return violation->subject;
}
const char* integrity_violation_get_summary(const integrity_violation* violation) {
    return violation->summary;
}
const char* integrity_violation_get_state(const integrity_violation* violation) {
    return violation->state;
}
uint64_t integrity_violation_get_first_seen(const integrity_violation* violation) {
    return violation->first_seen;
}
uint64_t integrity_violation_get_last_seen(const integrity_violation* violation) {
    return violation->last_seen;
}
uint64_t integrity_violation_get_count(const integrity_violation* violation) {
    return violation->count;
}

const char* integrity_violation_get_requirement(const integrity_violation* violation, size_t index) {
    const integrity_value* at = integrity_value_get_first(violation->requirements);
    while (at != NULL && index-- > 0)
        at = integrity_value_get_next(at);
    return at != NULL ? integrity_value_get_string(at, "") : NULL;
}

const integrity_value* integrity_violation_get_details(const integrity_violation* violation) {
    return violation->details;
}

static void violation_write(struct json* json, const integrity_violation* v) {
    json_open(json, '{');
    json_member_number(json, "id", v->id);
    json_member_string(json, "kind", v->kind);
    json_member_string(json, "source", v->source);
    json_member_string(json, "severity", v->severity);
    json_member_string(json, "subject", v->subject);
    json_member_string(json, "summary", v->summary);
    json_member_string(json, "state", v->state);
    json_member_time(json, "first_seen", v->first_seen);
    json_member_time(json, "last_seen", v->last_seen);
    json_member_number(json, "count", v->count);
    json_member_value(json, "details", v->details);
    json_name(json, "requirements");
    json_open(json, '[');
    const char* requirement;
    for (size_t i = 0; (requirement = integrity_violation_get_requirement(v, i)) != NULL; i++)
        json_string(json, requirement);
    json_close(json, ']');
    json_close(json, '}');
}

int integrity_violation_to_json(const integrity_violation* violation, char** ret) {
    struct json json = {0};
    violation_write(&json, violation);
    return json_finish(&json, ret);
}

/* ---- Events ---- */

integrity_event* integrity_event_ref(integrity_event* event) {
    event->references++;
    return event;
}

void integrity_event_unref(integrity_event* event) {
    if (event == NULL || --event->references > 0) return;
    integrity_violation_unref(event->violation);
    arena_clear(&event->arena);
    free(event);
}

uint64_t integrity_event_get_sequence(const integrity_event* event) {
    return event->sequence;
}
const char* integrity_event_get_stream(const integrity_event* event) {
    return event->stream;
}
uint64_t integrity_event_get_time(const integrity_event* event) {
    return event->time;
}
uint64_t integrity_event_get_boottime(const integrity_event* event) {
    return event->boottime;
}
const char* integrity_event_get_boot_id(const integrity_event* event) {
    return event->boot_id;
}
const char* integrity_event_get_clock(const integrity_event* event) {
    return event->clock;
}
const char* integrity_event_get_type(const integrity_event* event) {
    return event->type;
}
bool integrity_event_get_maintenance(const integrity_event* event) {
    return event->maintenance;
}
const char* integrity_event_get_hash(const integrity_event* event) {
    return event->hash;
}
integrity_violation* integrity_event_get_violation(const integrity_event* event) {
    return event->violation;
}
const integrity_value* integrity_event_get_by(const integrity_event* event) {
    return event->by;
}
const integrity_value* integrity_event_get_data(const integrity_event* event) {
    return event->data;
}

int integrity_event_to_json(const integrity_event* event, char** ret) {
    struct json json = {0};
    json_open(&json, '{');
    json_member_number(&json, "sequence", event->sequence);
    json_member_string(&json, "stream", event->stream);
    json_member_time(&json, "time", event->time);
    json_member_number(&json, "boottime", event->boottime);
    json_member_string(&json, "boot_id", event->boot_id);
    json_member_string(&json, "clock", event->clock);
    json_member_string(&json, "type", event->type);
    json_name(&json, "maintenance");
    json_bool(&json, event->maintenance);
    json_member_value(&json, "by", event->by);
    json_name(&json, "violation");
    if (event->violation != NULL)
        violation_write(&json, event->violation);
    else
        json_null(&json);
    json_member_value(&json, "data", event->data);
    json_member_string(&json, "hash", event->hash);
    json_close(&json, '}');
    return json_finish(&json, ret);
}
