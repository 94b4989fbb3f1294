#include "filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int integrity_filter_new(integrity_filter** ret) {
    integrity_filter* filter = calloc(1, sizeof(*filter));
    if (filter == NULL) return -ENOMEM;
    filter->severity = -1;
    *ret = filter;
    return 0;
}

void integrity_filter_unref(integrity_filter* filter) {
    if (filter == NULL) return;
    for (size_t i = 0; i < filter->sources_count; i++)
        free(filter->sources[i]);
    for (size_t i = 0; i < filter->kinds_count; i++)
        free(filter->kinds[i]);
    free(filter->state);
    free(filter);
}

int integrity_filter_set_severity(integrity_filter* filter, enum integrity_severity least) {
    if ((unsigned)least > INTEGRITY_CRITICAL) return -EINVAL;
    filter->severity = (int)least;
    return 0;
}

static int add_word(char* words[], size_t* count, const char* word) {
    if (*count == FILTER_WORDS_MAX) return -E2BIG;
    words[*count] = strdup(word);
    if (words[*count] == NULL) return -ENOMEM;
    ++*count;
    return 0;
}

int integrity_filter_add_source(integrity_filter* filter, const char* source) {
    return add_word(filter->sources, &filter->sources_count, source);
}

int integrity_filter_add_kind(integrity_filter* filter, const char* kind) {
    return add_word(filter->kinds, &filter->kinds_count, kind);
}

int integrity_filter_set_state(integrity_filter* filter, const char* state) {
    char* copy = strdup(state);
    if (copy == NULL) return -ENOMEM;
    free(filter->state);
    filter->state = copy;
    return 0;
}

static int fill_copy(const integrity_filter* filter, integrity_filter* copy) {
    int r = 0;
    copy->severity = filter->severity;
    for (size_t i = 0; i < filter->sources_count && r == 0; i++)
        r = integrity_filter_add_source(copy, filter->sources[i]);
    for (size_t i = 0; i < filter->kinds_count && r == 0; i++)
        r = integrity_filter_add_kind(copy, filter->kinds[i]);
    return r == 0 && filter->state != NULL ? integrity_filter_set_state(copy, filter->state) : r;
}

int filter_copy(const integrity_filter* filter, integrity_filter** ret) {
    integrity_filter* copy;
    int r = integrity_filter_new(&copy);
    if (r < 0) return r;
    if (filter != NULL) r = fill_copy(filter, copy);
    if (r < 0) {
        integrity_filter_unref(copy);
        return r;
    }
    *ret = copy;
    return 0;
}

static bool any_of(char* const words[], size_t count, const char* word) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0) return true;
    return count == 0;
}

/* A word that this library does not know passes: better told than lost. "record" is below all of them. */
static bool passes_severity(const integrity_filter* filter, const char* word) {
    const int severity = integrity_severity_from_string(word);
    if (filter->severity >= 0 && strcmp(word, "record") == 0) return false;
    return severity < 0 || severity >= filter->severity;
}

static bool passes_words(const integrity_filter* filter, const integrity_violation* violation) {
    return any_of(filter->sources, filter->sources_count, integrity_violation_get_source(violation)) &&
           any_of(filter->kinds, filter->kinds_count, integrity_violation_get_kind(violation));
}

bool filter_passes_violation(const integrity_filter* filter, const integrity_violation* violation) {
    return passes_severity(filter, integrity_violation_get_severity(violation)) && passes_words(filter, violation);
}

/* A change that takes a violation below the filter: who was told of it hears that it weighs less now. */
static bool passed_before(const integrity_filter* filter, const integrity_event* event) {
    const integrity_value* old = integrity_value_find(integrity_event_get_data(event), "old_severity");
    return integrity_value_get_type(old) == INTEGRITY_VALUE_STRING &&
           passes_severity(filter, integrity_value_get_string(old, "")) &&
           passes_words(filter, integrity_event_get_violation(event));
}

bool filter_passes_event(const integrity_filter* filter, const integrity_event* event) {
    const integrity_violation* violation = integrity_event_get_violation(event);
    if (violation != NULL) return filter_passes_violation(filter, violation) || passed_before(filter, event);
    return filter->severity < 0 && filter->sources_count == 0 && filter->kinds_count == 0;
}

static int append_word(sd_bus_message* message, const char* name, const char* word) {
    return word != NULL ? sd_bus_message_append(message, "{sv}", name, "s", word) : 0;
}

int filter_append(const integrity_filter* filter, sd_bus_message* message) {
    const char* severity =
        filter->severity < 0 ? NULL : integrity_severity_to_string((enum integrity_severity)filter->severity);
    int r = sd_bus_message_open_container(message, 'a', "{sv}");
    if (r >= 0) r = append_word(message, "severity", severity);
    if (r >= 0) r = append_word(message, "source", filter->sources_count == 1 ? filter->sources[0] : NULL);
    if (r >= 0) r = append_word(message, "kind", filter->kinds_count == 1 ? filter->kinds[0] : NULL);
    if (r >= 0) r = append_word(message, "state", filter->state);
    return r < 0 ? r : sd_bus_message_close_container(message);
}
