#define _GNU_SOURCE
#include "load.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t json_number(const char *p, size_t n, const char *key)
{
    const char *end = p + n, *s = memmem(p, n, key, strlen(key));
    if (!s) return -1;
    s += strlen(key);
    if (s == end || *s < '0' || *s > '9') return -1;
    int64_t v = 0;
    while (s < end && *s >= '0' && *s <= '9') v = v * 10 + (*s++ - '0');
    return v;
}

struct text json_string(const char *p, size_t n, const char *key)
{
    const char *end = p + n, *s = memmem(p, n, key, strlen(key));
    if (!s || (s += strlen(key)) == end || *s != '"') return (struct text){0};
    const char *e = memchr(s + 1, '"', (size_t)(end - s) - 1);
    return e ? (struct text){s + 1, (size_t)(e - s) - 1} : (struct text){0};
}

bool contains(const char *p, size_t n, const char *what)
{
    return memmem(p, n, what, strlen(what)) != NULL;
}

void tell(struct conn *c, const char *format, ...)
{
    char buffer[WS_HEADROOM + 4096];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(buffer + WS_HEADROOM, sizeof buffer - WS_HEADROOM, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof buffer - WS_HEADROOM) {
        fprintf(stderr, "a message is too long\n");
        exit(1);
    }
    ws_send(&c->ws, buffer + WS_HEADROOM, (size_t)n);
}

const struct dialect *dialect_named(const char *name)
{
    static const struct dialect *const all[] = {&quizmania_dialect, &raw_dialect, &sio_dialect};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(all[i]->name, name)) return all[i];
    return NULL;
}
