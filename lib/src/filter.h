/* What a subscriber or a list lets through. */
#ifndef LIBINTEGRITY_FILTER_H
#define LIBINTEGRITY_FILTER_H

#include <integrity/integrity.h>

#include <systemd/sd-bus.h>

#define FILTER_WORDS_MAX 64U

struct integrity_filter {
    int severity; /* below 0: any */
    char* sources[FILTER_WORDS_MAX];
    char* kinds[FILTER_WORDS_MAX];
    size_t sources_count;
    size_t kinds_count;
    char* state;
};

/* NULL gives an empty filter. */
int filter_copy(const integrity_filter* filter, integrity_filter** ret);
bool filter_passes_violation(const integrity_filter* filter, const integrity_violation* violation);
bool filter_passes_event(const integrity_filter* filter, const integrity_event* event);
/* Appends the part of it that the daemon understands, as a{sv}; the rest is for filter_passes_violation(). */
int filter_append(const integrity_filter* filter, sd_bus_message* message);

#endif
