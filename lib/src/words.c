/* The words of the contract as numbers, and back. */
#include <errno.h>
#include <integrity/integrity.h>
#include <string.h>

static const char* const verdicts[] = {"intact", "degraded", "violated", "unknown"};
static const char* const severities[] = {"low", "medium", "high", "critical"};

#define COUNT 4U

static int find(const char* const words[], const char* word) {
    for (unsigned i = 0; i < COUNT; i++)
        if (strcmp(words[i], word) == 0) return (int)i;
    return -EINVAL;
}

const char* integrity_verdict_to_string(enum integrity_verdict_word verdict) {
    return verdicts[(unsigned)verdict < COUNT ? (unsigned)verdict : COUNT - 1];
}

const char* integrity_severity_to_string(enum integrity_severity severity) {
    return severities[(unsigned)severity < COUNT ? (unsigned)severity : COUNT - 1];
}

int integrity_verdict_from_string(const char* word) {
    return find(verdicts, word);
}

int integrity_severity_from_string(const char* word) {
    return find(severities, word);
}
