#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "value.h"

#define TIME_TEXT_SIZE 32

static void put(struct json* json, const char* data, size_t size) {
    if (json->error < 0) return;
    if (json->capacity - json->size <= size) {
        const size_t wanted = (json->size + size + 1) * 2;
        char* grown = realloc(json->text, wanted);
        if (grown == NULL) {
            json->error = -ENOMEM;
            return;
        }
        json->text = grown;
        json->capacity = wanted;
    }
    memcpy(json->text + json->size, data, size);
    json->size += size;
    json->text[json->size] = '\0';
}

static void put_char(struct json* json, char c) {
    put(json, &c, 1);
}

/* Before each element: the comma that parts it from the one before. */
static void begin(struct json* json) {
    if (json->comma) put_char(json, ',');
    json->comma = true;
}

void json_open(struct json* json, char bracket) {
    begin(json);
    put_char(json, bracket);
    json->comma = false;
}

void json_close(struct json* json, char bracket) {
    put_char(json, bracket);
    json->comma = true;
}

static void put_quoted(struct json* json, const char* text) {
    static const char digits[] = "0123456789abcdef";
    put_char(json, '"');
    for (const char* at = text; *at != '\0'; at++) {
        const unsigned char c = (unsigned char)*at;
        if (c == '"' || c == '\\') {
            const char escaped[2] = {'\\', *at};
            put(json, escaped, sizeof(escaped));
        } else if (c < 0x20 || c == 0x7f) {
            const char escaped[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
            put(json, escaped, sizeof(escaped));
        } else {
            put_char(json, *at);
        }
    }
    put_char(json, '"');
}

void json_name(struct json* json, const char* name) {
    begin(json);
    put_quoted(json, name);
    put_char(json, ':');
    json->comma = false;
}

void json_string(struct json* json, const char* text) {
    begin(json);
    put_quoted(json, text);
}

void json_number(struct json* json, uint64_t number) {
    char text[24];
    begin(json);
    put(json, text, (size_t)snprintf(text, sizeof(text), "%" PRIu64, number));
}

static void json_integer(struct json* json, int64_t number) {
    char text[24];
    begin(json);
    put(json, text, (size_t)snprintf(text, sizeof(text), "%" PRId64, number));
}

void json_bool(struct json* json, bool truth) {
    begin(json);
    put(json, truth ? "true" : "false", truth ? 4 : 5);
}

void json_null(struct json* json) {
    begin(json);
    put(json, "null", 4);
}

int integrity_time_to_string(uint64_t time, char* buffer, size_t size) {
    const time_t seconds = (time_t)(time / 1000000);
    struct tm parts;
    if (size < TIME_TEXT_SIZE) return -ENOBUFS;
    if (gmtime_r(&seconds, &parts) == NULL || parts.tm_year > 9999 - 1900) return -ERANGE;
    const size_t written = strftime(buffer, size, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(buffer + written, size - written, ".%06uZ", (unsigned)(time % 1000000));
    return 0;
}

void json_time(struct json* json, uint64_t time) {
    char text[TIME_TEXT_SIZE];
    if (time == 0)
        json_null(json);
    else if (integrity_time_to_string(time, text, sizeof(text)) < 0)
        json_number(json, time); /* no date that the format can say */
    else
        json_string(json, text);
}

/* Base64 with padding, as in the canonical form of an event. */
static void json_bytes(struct json* json, const unsigned char* data, size_t size) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    begin(json);
    put_char(json, '"');
    for (size_t at = 0; at < size; at += 3) {
        const size_t left = size - at;
        const uint32_t group = (uint32_t)data[at] << 16 | (left > 1 ? (uint32_t)data[at + 1] << 8 : 0) |
                               (left > 2 ? (uint32_t)data[at + 2] : 0);
        const char quad[4] = {alphabet[group >> 18], alphabet[group >> 12 & 63],
                              left > 1 ? alphabet[group >> 6 & 63] : '=', left > 2 ? alphabet[group & 63] : '='};
        put(json, quad, sizeof(quad));
    }
    put_char(json, '"');
}

/* Members that hold wall times, also inside details (integrity.h says which). */
static bool is_time(const integrity_value* value) {
    static const char* const names[] = {"time",         "since",      "until",          "first_seen", "last_seen",
                                        "blind_since",  "last_look",  "next_look",      "from",       "to",
                                        "silent_since", "first_time", "previous_until", "last_time",  "last_end"};
    if (value->name == NULL || value->type != INTEGRITY_VALUE_UINT64) return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(value->name, names[i]) == 0) return true;
    return false;
}

static void json_children(struct json* json, const integrity_value* value) {
    const bool map = value->type == INTEGRITY_VALUE_MAP;
    json_open(json, map ? '{' : '[');
    for (const integrity_value* at = integrity_value_get_first(value); at != NULL; at = integrity_value_get_next(at)) {
        if (map) json_name(json, integrity_value_get_name(at));
        json_value(json, at);
    }
    json_close(json, map ? '}' : ']');
}

void json_value(struct json* json, const integrity_value* value) {
    size_t size;
    const void* data;
    switch (integrity_value_get_type(value)) {
        case INTEGRITY_VALUE_NULL:
            json_null(json);
            break;
        case INTEGRITY_VALUE_BOOL:
            json_bool(json, integrity_value_get_bool(value, false));
            break;
        case INTEGRITY_VALUE_INT64:
            json_integer(json, integrity_value_get_int64(value, 0));
            break;
        case INTEGRITY_VALUE_UINT64:
            if (is_time(value))
                json_time(json, value->as.number);
            else
                json_number(json, value->as.number);
            break;
        case INTEGRITY_VALUE_STRING:
            json_string(json, integrity_value_get_string(value, ""));
            break;
        case INTEGRITY_VALUE_BYTES:
            data = integrity_value_get_bytes(value, &size);
            json_bytes(json, data, size);
            break;
        case INTEGRITY_VALUE_LIST:
        case INTEGRITY_VALUE_MAP:
            json_children(json, value);
            break;
    }
}

void json_member_string(struct json* json, const char* name, const char* text) {
    json_name(json, name);
    json_string(json, text);
}

void json_member_number(struct json* json, const char* name, uint64_t number) {
    json_name(json, name);
    json_number(json, number);
}

void json_member_time(struct json* json, const char* name, uint64_t time) {
    json_name(json, name);
    json_time(json, time);
}

void json_member_value(struct json* json, const char* name, const integrity_value* value) {
    json_name(json, name);
    json_value(json, value);
}

int json_finish(struct json* json, char** ret) {
    if (json->error < 0) {
        free(json->text);
        return json->error;
    }
    *ret = json->text;
    return 0;
}

int integrity_value_to_json(const integrity_value* value, char** ret) {
    struct json json = {0};
    json_value(&json, value);
    return json_finish(&json, ret);
}
