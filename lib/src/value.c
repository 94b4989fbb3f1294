#include "value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Deeper than anything the daemon makes (details of a violation: 4), shallow enough for any stack. */
#define DEPTH_MAX 32U

struct arena_chunk {
    struct arena_chunk* next;
    size_t used;
    size_t size;
    _Alignas(max_align_t) char data[];
};

static struct arena_chunk* arena_grow(struct arena* arena, size_t size) {
    const size_t wanted = size > 1000 ? size : 1000; /* most violations fit into one chunk */
    if (wanted > ARENA_MAX || arena->size > ARENA_MAX - wanted) return NULL;
    struct arena_chunk* chunk = calloc(1, sizeof(*chunk) + wanted);
    if (chunk == NULL) return NULL;
    chunk->size = wanted;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->size += wanted;
    return chunk;
}

void* arena_alloc(struct arena* arena, size_t size) {
    const size_t aligned = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
    if (aligned < size) return NULL;
    struct arena_chunk* chunk = arena->chunks;
    if (chunk == NULL || chunk->size - chunk->used < aligned) chunk = arena_grow(arena, aligned);
    if (chunk == NULL) return NULL;
    void* memory = chunk->data + chunk->used;
    chunk->used += aligned;
    return memory;
}

static const char* arena_copy_bytes(struct arena* arena, const void* data, size_t size) {
    char* copy = arena_alloc(arena, size + 1);
    if (copy != NULL && size > 0) memcpy(copy, data, size);
    return copy;
}

const char* arena_copy(struct arena* arena, const char* text) {
    return arena_copy_bytes(arena, text, strlen(text));
}

void arena_clear(struct arena* arena) {
    while (arena->chunks != NULL) {
        struct arena_chunk* next = arena->chunks->next;
        free(arena->chunks);
        arena->chunks = next;
    }
    arena->size = 0;
}

/* ---- Reading ---- */

static int read_any(struct arena* arena, sd_bus_message* message, unsigned depth, integrity_value** ret);

static void append(integrity_value* parent, integrity_value* child) {
    if (parent->as.children.last == NULL)
        parent->as.children.first = child;
    else
        parent->as.children.last->next = child;
    parent->as.children.last = child;
    parent->as.children.count++;
}

static int read_text(struct arena* arena, sd_bus_message* message, char type, integrity_value* value) {
    const char* text;
    const int r = sd_bus_message_read_basic(message, type, &text);
    if (r < 0) return r;
    value->type = INTEGRITY_VALUE_STRING;
    value->as.text.size = strlen(text);
    value->as.text.data = arena_copy_bytes(arena, text, value->as.text.size);
    return value->as.text.data != NULL ? 0 : -ENOMEM;
}

static int read_basic(struct arena* arena, sd_bus_message* message, char type, integrity_value* value) {
    union {
        uint8_t y;
        int16_t n;
        uint16_t q;
        int32_t i;
        uint32_t u;
        int64_t x;
        uint64_t t;
        double d;
        int b;
    } raw = {0};
    if (type == 's' || type == 'o' || type == 'g') return read_text(arena, message, type, value);
    const int r = sd_bus_message_read_basic(message, type, &raw);
    if (r < 0) return r;
    value->type = strchr("nix", type) != NULL ? INTEGRITY_VALUE_INT64 : INTEGRITY_VALUE_UINT64;
    switch (type) {
        case 'n':
            value->as.integer = raw.n;
            break;
        case 'i':
            value->as.integer = raw.i;
            break;
        case 'x':
            value->as.integer = raw.x;
            break;
        case 'y':
            value->as.number = raw.y;
            break;
        case 'q':
            value->as.number = raw.q;
            break;
        case 'u':
            value->as.number = raw.u;
            break;
        case 't':
            value->as.number = raw.t;
            break;
        case 'b':
            value->type = INTEGRITY_VALUE_BOOL;
            value->as.boolean = raw.b != 0;
            break;
        default: /* d: the contract has no fractions; h: no descriptors */
            value->type = INTEGRITY_VALUE_NULL;
    }
    return 0;
}

static int read_bytes(struct arena* arena, sd_bus_message* message, integrity_value* value) {
    const void* data;
    size_t size;
    const int r = sd_bus_message_read_array(message, 'y', &data, &size);
    if (r < 0) return r;
    value->type = INTEGRITY_VALUE_BYTES;
    value->as.text.size = size;
    value->as.text.data = arena_copy_bytes(arena, data, size);
    return value->as.text.data != NULL ? 0 : -ENOMEM;
}

static int read_member(struct arena* arena, sd_bus_message* message, const char* contents, unsigned depth,
                       integrity_value* map) {
    const char* name;
    integrity_value* member;
    if (contents[0] != 's' && contents[0] != 'o') return -EBADMSG;
    int r = sd_bus_message_enter_container(message, 'e', contents);
    if (r < 0) return r;
    r = sd_bus_message_read_basic(message, contents[0], &name);
    if (r < 0) return r;
    const char* copy = arena_copy(arena, name);
    if (copy == NULL) return -ENOMEM;
    r = read_any(arena, message, depth, &member);
    if (r < 0) return r;
    member->name = copy;
    append(map, member);
    return sd_bus_message_exit_container(message);
}

static int read_element(struct arena* arena, sd_bus_message* message, unsigned depth, integrity_value* parent) {
    char type;
    const char* contents;
    integrity_value* element;
    int r = sd_bus_message_peek_type(message, &type, &contents);
    if (r <= 0) return r;
    if (type == 'e') {
        r = read_member(arena, message, contents, depth, parent);
        return r < 0 ? r : 1;
    }
    r = read_any(arena, message, depth, &element);
    if (r < 0) return r;
    append(parent, element);
    return 1;
}

static int read_container(struct arena* arena, sd_bus_message* message, char type, const char* contents, unsigned depth,
                          integrity_value* value) {
    value->type = type == 'a' && contents[0] == '{' ? INTEGRITY_VALUE_MAP : INTEGRITY_VALUE_LIST;
    int r = sd_bus_message_enter_container(message, type, contents);
    if (r < 0) return r;
    do
        r = read_element(arena, message, depth, value);
    while (r > 0);
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_variant(struct arena* arena, sd_bus_message* message, const char* contents, unsigned depth,
                        integrity_value** ret) {
    int r = sd_bus_message_enter_container(message, 'v', contents);
    if (r < 0) return r;
    r = read_any(arena, message, depth, ret);
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_any(struct arena* arena, sd_bus_message* message, unsigned depth, integrity_value** ret) {
    char type;
    const char* contents;
    if (depth == 0) return -EBADMSG;
    int r = sd_bus_message_peek_type(message, &type, &contents);
    if (r <= 0) return r < 0 ? r : -ENXIO;
    if (type == 'v') return read_variant(arena, message, contents, depth - 1, ret);
    integrity_value* value = arena_alloc(arena, sizeof(*value));
    if (value == NULL) return -ENOMEM;
    if (type == 'a' && strcmp(contents, "y") == 0)
        r = read_bytes(arena, message, value);
    else if (type == 'a' || type == 'r')
        r = read_container(arena, message, type, contents, depth - 1, value);
    else
        r = read_basic(arena, message, type, value);
    *ret = value;
    return r < 0 ? r : 0;
}

int value_read(struct arena* arena, sd_bus_message* message, integrity_value** ret) {
    return read_any(arena, message, DEPTH_MAX, ret);
}

integrity_value* value_take(integrity_value* map, const char* name) {
    if (map->type != INTEGRITY_VALUE_MAP) return NULL;
    integrity_value* before = NULL;
    for (integrity_value* at = map->as.children.first; at != NULL; before = at, at = at->next) {
        if (strcmp(at->name, name) != 0) continue;
        if (before == NULL)
            map->as.children.first = at->next;
        else
            before->next = at->next;
        if (map->as.children.last == at) map->as.children.last = before;
        map->as.children.count--;
        at->next = NULL;
        return at;
    }
    return NULL;
}

/* ---- What the outside may ask ---- */

enum integrity_value_type integrity_value_get_type(const integrity_value* value) {
    return value != NULL ? value->type : INTEGRITY_VALUE_NULL;
}

const char* integrity_value_get_name(const integrity_value* value) {
    return value != NULL ? value->name : NULL;
}

bool integrity_value_get_bool(const integrity_value* value, bool otherwise) {
    return integrity_value_get_type(value) == INTEGRITY_VALUE_BOOL ? value->as.boolean : otherwise;
}

int64_t integrity_value_get_int64(const integrity_value* value, int64_t otherwise) {
    const enum integrity_value_type type = integrity_value_get_type(value);
    if (type == INTEGRITY_VALUE_INT64) return value->as.integer;
    return type == INTEGRITY_VALUE_UINT64 && value->as.number <= INT64_MAX ? (int64_t)value->as.number : otherwise;
}

uint64_t integrity_value_get_uint64(const integrity_value* value, uint64_t otherwise) {
    const enum integrity_value_type type = integrity_value_get_type(value);
    if (type == INTEGRITY_VALUE_UINT64) return value->as.number;
    return type == INTEGRITY_VALUE_INT64 && value->as.integer >= 0 ? (uint64_t)value->as.integer : otherwise;
}

const char* integrity_value_get_string(const integrity_value* value, const char* otherwise) {
    return integrity_value_get_type(value) == INTEGRITY_VALUE_STRING ? value->as.text.data : otherwise;
}

const void* integrity_value_get_bytes(const integrity_value* value, size_t* ret_size) {
    const enum integrity_value_type type = integrity_value_get_type(value);
    const bool has = type == INTEGRITY_VALUE_STRING || type == INTEGRITY_VALUE_BYTES;
    *ret_size = has ? value->as.text.size : 0;
    return has ? value->as.text.data : NULL;
}

static bool has_children(const integrity_value* value) {
    const enum integrity_value_type type = integrity_value_get_type(value);
    return type == INTEGRITY_VALUE_LIST || type == INTEGRITY_VALUE_MAP;
}

size_t integrity_value_get_count(const integrity_value* value) {
    return has_children(value) ? value->as.children.count : 0;
}

const integrity_value* integrity_value_get_first(const integrity_value* value) {
    return has_children(value) ? value->as.children.first : NULL;
}

const integrity_value* integrity_value_get_next(const integrity_value* element) {
    return element != NULL ? element->next : NULL;
}

const integrity_value* integrity_value_find(const integrity_value* value, const char* name) {
    if (integrity_value_get_type(value) != INTEGRITY_VALUE_MAP) return NULL;
    const integrity_value* at = value->as.children.first;
    while (at != NULL && strcmp(at->name, name) != 0)
        at = at->next;
    return at;
}

static int visit(const integrity_value* value, unsigned depth, integrity_visitor visitor, void* userdata) {
    int r = visitor(value, depth, userdata);
    for (const integrity_value* at = integrity_value_get_first(value); at != NULL && r == 0; at = at->next)
        r = visit(at, depth + 1, visitor, userdata);
    return r;
}

int integrity_value_visit(const integrity_value* value, integrity_visitor visitor, void* userdata) {
    return visit(value, 0, visitor, userdata);
}
