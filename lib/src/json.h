/* Writing JSON into a string that grows. After a failure everything that follows does nothing. */
#ifndef LIBINTEGRITY_JSON_H
#define LIBINTEGRITY_JSON_H

#include <integrity/integrity.h>

struct json {
    char* text;
    size_t size;
    size_t capacity;
    bool comma; /* something stands before the next element */
    int error;
};

void json_open(struct json* json, char bracket);
void json_close(struct json* json, char bracket);
/* The name of the member whose value is written next. */
void json_name(struct json* json, const char* name);
void json_string(struct json* json, const char* text);
void json_number(struct json* json, uint64_t number);
void json_bool(struct json* json, bool truth);
void json_null(struct json* json);
void json_time(struct json* json, uint64_t time); /* 0: null */
void json_value(struct json* json, const integrity_value* value);

void json_member_string(struct json* json, const char* name, const char* text);
void json_member_number(struct json* json, const char* name, uint64_t number);
void json_member_time(struct json* json, const char* name, uint64_t time);
void json_member_value(struct json* json, const char* name, const integrity_value* value);

/* Gives the text to the caller, or frees it. 0 or the first error. */
int json_finish(struct json* json, char** ret);

#endif
