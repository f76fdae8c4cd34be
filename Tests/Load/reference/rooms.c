#define _GNU_SOURCE
#include "rooms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEXT_MAX 16384

struct room {
    uint32_t size, question, answers;
    struct member *members[MEMBERS_MAX];
};

static struct room rooms[ROOMS_MAX];
static char out[TEXT_MAX];

uint32_t room_size(uint32_t room) { return rooms[room].size; }
struct member *room_member(uint32_t room, uint32_t place) { return rooms[room].members[place]; }

/* The number after a key, or `missing`. */
static long long number(const char *p, size_t n, const char *key, long long missing)
{
    const char *s = memmem(p, n, key, strlen(key));
    return s ? strtoll(s + strlen(key), NULL, 10) : missing;
}

/* The number behind the last comma: what the acknowledgement is to carry. */
static long long last_number(const char *p, size_t n)
{
    const char *comma = memrchr(p, ',', n);
    return comma ? strtoll(comma + 1, NULL, 10) : 0;
}

static void acknowledge(struct member *m, const char *p, size_t n, uint32_t members)
{
    int k = snprintf(out, sizeof out, "[\"ack\",{\"ok\":true,\"members\":%u},%lld]", members, last_number(p, n));
    member_send(m, out, (size_t)k);
}

static void join(struct member *m, const char *p, size_t n)
{
    long long room = number(p, n, "\"room\":\"r", -1);
    if (m->seated || room < 0 || room >= ROOMS_MAX || rooms[room].size == MEMBERS_MAX) return;
    struct room *r = &rooms[room];
    m->seated = true;
    m->room = (uint32_t)room;
    m->id = (uint32_t)number(p, n, "\"name\":\"p", 0);
    m->place = r->size;
    m->score = m->delta = 0;
    r->members[r->size++] = m;
    member_seated(m);
    acknowledge(m, p, n, r->size);
}

static void say(struct member *m, const char *p, size_t n)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    const char *line = memmem(p, n, "\"m\":\"", 5), *end = line ? memchr(line + 5, '"', n - (size_t)(line + 5 - p)) : NULL;
    if (!end) return;
    int k = snprintf(out, sizeof out,
                     "[\"msg\",{\"n\":%lld,\"m\":\"%.*s\",\"from\":%u,\"room\":\"r%05u\",\"at\":%lld,\"kind\":\"chat\"}]",
                     number(p, n, "\"n\":", 0), (int)(end - line - 5), line + 5, m->id, m->room,
                     (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000);
    if ((size_t)k < sizeof out) room_send(m->room, out, (size_t)k);
}

static void ask(struct member *m, const char *p, size_t n)
{
    struct room *r = &rooms[m->room];
    r->question = (uint32_t)number(p, n, "\"q\":", 0);
    r->answers = 0;
    int k = snprintf(out, sizeof out,
                     "[\"question\",{\"q\":%u,\"text\":\"Which of these is the answer to question %u of this room?\","
                     "\"options\":[\"the first one\",\"the second one\",\"the third one\",\"the fourth one\"],\"ms\":1000}]",
                     r->question, r->question);
    room_send(m->room, out, (size_t)k);
}

static int by_score(const void *a, const void *b)
{
    const struct member *x = *(struct member *const *)a, *y = *(struct member *const *)b;
    return x->score != y->score ? (x->score < y->score ? 1 : -1) : x->id < y->id ? -1 : 1;
}

static void show_board(struct room *r, uint32_t room)
{
    struct member *sorted[MEMBERS_MAX];
    memcpy(sorted, r->members, r->size * sizeof *sorted);
    qsort(sorted, r->size, sizeof *sorted, by_score);
    size_t k = (size_t)snprintf(out, sizeof out, "[\"board\",{\"q\":%u,\"top\":[", r->question);
    for (uint32_t i = 0; i < r->size && i < 50; i++)
        k += (size_t)snprintf(out + k, sizeof out - k, "%s{\"id\":%u,\"name\":\"p%05u\",\"score\":%u,\"delta\":%u}", i ? "," : "",
                              sorted[i]->id, sorted[i]->id, sorted[i]->score, sorted[i]->delta);
    k += (size_t)snprintf(out + k, sizeof out - k, "]}]");
    room_send(room, out, k);
}

static void answer(struct member *m, const char *p, size_t n)
{
    struct room *r = &rooms[m->room];
    if (number(p, n, "\"q\":", -1) != r->question || r->answers >= r->size) return;
    bool right = number(p, n, "\"c\":", -1) == r->question % 4;
    m->delta = right && r->answers < 100 ? 1000 - 10 * r->answers : 0;
    m->score += m->delta;
    r->answers++;
    acknowledge(m, p, n, r->size);
    int k = snprintf(out, sizeof out, "[\"progress\",{\"q\":%u,\"n\":%u,\"of\":%u}]", r->question, r->answers, r->size);
    room_send(m->room, out, (size_t)k);
    if (r->answers == r->size) show_board(r, m->room);
}

void rooms_received(struct member *m, const char *text, size_t n)
{
    static const struct {
        const char *name;
        void (*take)(struct member *, const char *, size_t);
    } events[] = {{"[\"say\",", say}, {"[\"answer\",", answer}, {"[\"ask\",", ask}};
    if (!m->seated) {
        if (n > 8 && !memcmp(text, "[\"join\",", 8)) join(m, text, n);
        return;
    }
    for (unsigned i = 0; i < sizeof events / sizeof *events; i++) {
        size_t k = strlen(events[i].name);
        if (n > k && !memcmp(text, events[i].name, k)) return events[i].take(m, text + k, n - k);
    }
}

void rooms_left(struct member *m)
{
    if (!m->seated) return;
    struct room *r = &rooms[m->room];
    m->seated = false;
    r->members[m->place] = r->members[--r->size];
    r->members[m->place]->place = m->place;
}
