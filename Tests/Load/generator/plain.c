/* The dialects of servers that know nothing but rooms: the same events in plain arrays, and in Socket.IO packets.
 *
 * See ../README.md for the events. */
#include "load.h"

#include <inttypes.h>
#include <string.h>

/* A room's event, or an answer. */
static void take_event(struct conn *c, const char *name, size_t n, const char *body, size_t length)
{
    if (n == 3 && !memcmp(name, "msg", 3)) {
        int64_t number = json_number(body, length, "\"n\":");
        if (number < 0) return heard_fault(c, "a line without its number", body, length);
        return heard_line(c, (uint64_t)number);
    }
    int64_t question = json_number(body, length, "\"q\":");
    if (question != room_of(c)->question) return heard_fault(c, "not the open question", body, length);
    if (n == 8 && !memcmp(name, "question", 8)) return heard_question(c, 0);
    if (n == 8 && !memcmp(name, "progress", 8)) return heard_progress(c, (uint32_t)json_number(body, length, "\"n\":"));
    if (n == 5 && !memcmp(name, "board", 5)) return heard_board(c);
    heard_fault(c, "unknown event", name, n);
}

static void take_acknowledgement(struct conn *c, const char *p, size_t n)
{
    if (!contains(p, n, "\"ok\":true")) return heard_fault(c, "refused", p, n);
    if (c->place == IN_ROOM)
        heard_answer_acknowledged(c);
    else
        heard_joined(c);
}

/* ["name",{…}…] */
static void take_array(struct conn *c, const char *p, size_t n, const char *acknowledgement)
{
    const char *end = n > 3 && p[0] == '[' && p[1] == '"' ? memchr(p + 2, '"', n - 2) : NULL;
    if (!end) return heard_fault(c, "no event", p, n);
    size_t length = (size_t)(end - p) - 2;
    if (acknowledgement && length == strlen(acknowledgement) && !memcmp(p + 2, acknowledgement, length))
        take_acknowledgement(c, end, n - length - 2);
    else
        take_event(c, p + 2, length, end, n - length - 2);
}

#define JOIN "{\"room\":\"%s\",\"name\":\"p%05u\"}"
#define SAY "{\"n\":%" PRIu64 ",\"m\":\"%s\"}"
#define ASK "{\"q\":%u}"
#define ANSWER "{\"q\":%u,\"c\":%u}"

/* ---- raw: ["event",{…}], ["event",{…},number]; the answer is ["ack",{…},number] ---------------------------------- */

static void raw_opened(struct conn *c) { heard_ready(c); }
static void raw_received(struct conn *c, char *text, size_t n) { take_array(c, text, n, "ack"); }
static void raw_join(struct conn *c) { tell(c, "[\"join\"," JOIN ",%u]", room_of(c)->name, c->id, ++c->ref); }
static void raw_say(struct conn *host, uint64_t n) { tell(host, "[\"say\"," SAY "]", n, line_text()); }
static void raw_ask(struct conn *host) { tell(host, "[\"ask\"," ASK "]", room_of(host)->question); }

static void raw_answer(struct conn *c, uint32_t choice)
{
    tell(c, "[\"answer\"," ANSWER ",%u]", c->question, choice, ++c->ref);
}

const struct dialect raw_dialect = {
    .name = "raw", .path = "/", .tells_each_progress = true, .opened = raw_opened, .received = raw_received,
    .join = raw_join, .say = raw_say, .ask = raw_ask, .answer = raw_answer,
};

/* ---- sio: Socket.IO 5 over Engine.IO 4, WebSocket only ---------------------------------------------------------------- */

static void sio_opened(struct conn *c) { (void)c; /* the server speaks first */ }

static void sio_received(struct conn *c, char *text, size_t n)
{
    if (n && text[0] == '0') return tell(c, "40");
    if (n && text[0] == '2') return tell(c, "3");
    if (n < 2 || text[0] != '4') return heard_fault(c, "unexpected packet", text, n);
    if (text[1] == '0') return heard_ready(c);
    if (text[1] == '2') return take_array(c, text + 2, n - 2, NULL);
    if (text[1] == '3') return take_acknowledgement(c, text + 2, n - 2);
    heard_fault(c, "unexpected packet", text, n);
}

static void sio_join(struct conn *c) { tell(c, "42%u[\"join\"," JOIN "]", c->ref++, room_of(c)->name, c->id); }
static void sio_say(struct conn *host, uint64_t n) { tell(host, "42[\"say\"," SAY "]", n, line_text()); }
static void sio_ask(struct conn *host) { tell(host, "42[\"ask\"," ASK "]", room_of(host)->question); }

static void sio_answer(struct conn *c, uint32_t choice)
{
    tell(c, "42%u[\"answer\"," ANSWER "]", c->ref++, c->question, choice);
}

const struct dialect sio_dialect = {
    .name = "sio", .path = "/socket.io/?EIO=4&transport=websocket", .tells_each_progress = true,
    .opened = sio_opened, .received = sio_received, .join = sio_join, .say = sio_say, .ask = sio_ask,
    .answer = sio_answer,
};
