/* Values as they come off the bus, in an arena of the record that they belong to. */
#ifndef LIBINTEGRITY_VALUE_H
#define LIBINTEGRITY_VALUE_H

#include <integrity/integrity.h>

#include <systemd/sd-bus.h>

struct arena_chunk;

/* Frees everything at once; a zeroed arena is empty. */
struct arena {
    struct arena_chunk* chunks;
    size_t size; /* of all chunks */
};

/* Memory of one record. The contract allows 64 KiB of details; the smallest element of a list takes 1 byte there and a
 * node here, so this is generous for what is allowed and a bound for what is not. */
#define ARENA_MAX (4U * 1024 * 1024)

/* Zeroed memory; NULL: none left, or over ARENA_MAX. */
void* arena_alloc(struct arena* arena, size_t size);
const char* arena_copy(struct arena* arena, const char* text);
void arena_clear(struct arena* arena);

struct integrity_value {
    const char* name;
    integrity_value* next;
    enum integrity_value_type type;
    union {
        bool boolean;
        int64_t integer;
        uint64_t number;
        struct {
            const char* data;
            size_t size;
        } text; /* strings and bytes; ends in NUL */
        struct {
            integrity_value* first;
            integrity_value* last;
            size_t count;
        } children;
    } as;
};

/* Reads the next complete element of the message. 0, -ENXIO: there is none; -EBADMSG: nested too deep, or a map whose
 * names are no strings; -ENOMEM. */
int value_read(struct arena* arena, sd_bus_message* message, integrity_value** ret);

/* Removes a member from a map and returns it; NULL: there was none. */
integrity_value* value_take(integrity_value* map, const char* name);

#endif
