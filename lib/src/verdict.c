/* The state file: lines of KEY=VALUE; unknown keys are passed over, so that more may come. */
#include <errno.h>
#include <fcntl.h>
#include <integrity/integrity.h>
#include <string.h>
#include <unistd.h>

/* The daemon writes a few hundred bytes and cuts the reason. */
#define STATE_FILE_MAX 4096

/* A regular file answers one read in full; O_NONBLOCK keeps a planted FIFO from holding the caller up. */
static ssize_t read_state(const char* path, char* buffer, size_t size) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return -errno;
    const ssize_t length = read(fd, buffer, size);
    const ssize_t answer = length < 0 ? -errno : length;
    close(fd);
    return answer;
}

/* Digits alone, no overflow. */
static int parse_number(const char* text, uint64_t* ret) {
    uint64_t number = 0;
    if (*text == '\0') return -EBADMSG;
    for (; *text != '\0'; text++) {
        const unsigned digit = (unsigned)*text - '0';
        if (digit > 9 || number > (UINT64_MAX - digit) / 10) return -EBADMSG;
        number = number * 10 + digit;
    }
    *ret = number;
    return 0;
}

/* Cuts where a character ends: never inside a UTF-8 sequence. */
static void copy_reason(struct integrity_verdict_data* data, const char* text) {
    size_t length = strnlen(text, sizeof(data->reason));
    if (length == sizeof(data->reason)) {
        length--;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--;
    }
    memcpy(data->reason, text, length);
    data->reason[length] = '\0';
}

static const char* value_of(const char* line, const char* key) {
    const size_t length = strlen(key);
    return strncmp(line, key, length) == 0 && line[length] == '=' ? line + length + 1 : NULL;
}

/* 1: it was the verdict; 0: another line. */
static int parse_line(const char* line, struct integrity_verdict_data* data) {
    const char* value;
    if ((value = value_of(line, "VERDICT")) != NULL) {
        const int word = integrity_verdict_from_string(value);
        data->verdict = word < 0 ? INTEGRITY_UNKNOWN : (enum integrity_verdict_word)word;
        return 1;
    }
    if ((value = value_of(line, "SINCE")) != NULL) return parse_number(value, &data->since);
    if ((value = value_of(line, "SEQUENCE")) != NULL) return parse_number(value, &data->sequence);
    if ((value = value_of(line, "REASON")) != NULL) copy_reason(data, value);
    return 0;
}

/* `text` has no NUL inside and ends in one. Exactly one verdict, and every line complete. */
static int parse_state(char* text, struct integrity_verdict_data* data) {
    int verdicts = 0;
    for (char* line = text; *line != '\0';) {
        char* end = strchr(line, '\n');
        if (end == NULL) return -EBADMSG;
        *end = '\0';
        const int r = parse_line(line, data);
        if (r < 0) return r;
        verdicts += r;
        line = end + 1;
    }
    return verdicts == 1 ? 0 : -EBADMSG;
}

int integrity_verdict_at(const char* path, struct integrity_verdict_data* ret) {
    char buffer[STATE_FILE_MAX];
    struct integrity_verdict_data data = {.verdict = INTEGRITY_UNKNOWN};
    if (ret != NULL) *ret = data;
    const ssize_t length = read_state(path, buffer, sizeof(buffer));
    if (length == -ENOENT) return INTEGRITY_UNKNOWN;
    if (length < 0) return (int)length;
    if (length == (ssize_t)sizeof(buffer) || memchr(buffer, '\0', (size_t)length) != NULL) return -EBADMSG;
    buffer[length] = '\0';
    const int r = parse_state(buffer, &data);
    if (r < 0) return r;
    if (ret != NULL) *ret = data;
    return (int)data.verdict;
}

int integrity_verdict(struct integrity_verdict_data* ret) {
    return integrity_verdict_at(INTEGRITY_STATE_FILE, ret);
}
