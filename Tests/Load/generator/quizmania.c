/* The product's own protocol: Socket.IO 5 with acknowledgements after commit, and games with a course of their own.
 *
 * The number of an acknowledgement says what it is for: its lowest three bits are the kind, the others the line's
 * number or a counter. Game events are numbered by `seq`; a gap voids the run. */
#define _GNU_SOURCE
#include "options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { CREATE, JOIN, SAY, CHANGE, ANSWER, LEAD, CLOSE };

/* A question opens this long after it is announced, when it was asked for; see RoomTiming.announcementMs. The rest is
 * for two clocks that are not one. */
#define OPENS_AFTER_NS 1005000000u

static uint64_t number(enum kind kind, uint64_t n) { return n << 3 | kind; }

static void opened(struct conn *c) { (void)c; /* the server speaks first */ }

static void sign_in(struct conn *c)
{
    const char *token = token_of(c);
    if (token)
        tell(c, "40{\"token\":\"%s\"}", token);
    else
        tell(c, "40{\"nickname\":\"Player %u\"}", c->id);
}

static void join_room(struct conn *c)
{
    tell(c, "42%" PRIu64 "[\"room:join\",{\"code\":\"%s\"}]", number(JOIN, 0), room_of(c)->name);
}

static void join(struct conn *c)
{
    if (c->member || room_of(c)->name[0]) return join_room(c);
    tell(c,
         "42%" PRIu64 "[\"room:create\",{\"settings\":{\"title\":\"Load\",\"visibility\":\"unlisted\","
         "\"questionCount\":%u,\"answerWindowMs\":30000,\"categories\":[],\"speedPoints\":true,\"autoAdvance\":false}}]",
         number(CREATE, 0), options.questions);
}

static void say(struct conn *host, uint64_t n)
{
    tell(host, "42%" PRIu64 "[\"chat:send\",{\"id\":\"n%" PRIu64 "\",\"text\":\"%s\"}]", number(SAY, n), n, line_text());
}

/* The host locks and unlocks the room, which everybody is shown once it is journaled. */
static void change(struct conn *host, uint64_t n)
{
    tell(host, "42%" PRIu64 "[\"room:lock\",{\"locked\":%s}]", number(CHANGE, n), n % 2 ? "false" : "true");
}

/* ---- the course of a game: the host leads it from question to question -------------------------------------------- */

static void lead(struct conn *host)
{
    struct room *r = room_of(host);
    const char *step = r->phase == LOBBY ? "game:start" : r->phase == PODIUM ? "game:rematch" : "game:skip";
    if (r->phase == QUESTION) return;
    r->led = now_ns();
    tell(host, "42%" PRIu64 "[\"%s\",{}]", number(LEAD, ++host->ref), step);
}

static void ask(struct conn *host) { lead(host); }

static void answer(struct conn *c, uint32_t choice)
{
    struct room *r = room_of(c);
    tell(c, "42%" PRIu64 "[\"game:answer\",{\"choice\":[%u],\"game\":\"%s\",\"id\":\"a%u\",\"question\":%u}]",
         number(ANSWER, ++c->ref), choice & 1, r->game, r->index, r->index);
}

/* The host has seen the game go on. */
static void follow(struct conn *host, enum phase phase)
{
    struct room *r = room_of(host);
    r->phase = phase;
    /* Everything but a question and what stands behind its reveal is passed over at once. */
    if (r->asking && phase != QUESTION && phase != LEADERBOARD && phase != PODIUM) lead(host);
}

/* ---- what is heard ------------------------------------------------------------------------------------------------------ */

static bool is(const char *name, size_t n, const char *what) { return n == strlen(what) && !memcmp(name, what, n); }

static void take_question(struct conn *c, const char *body, size_t n)
{
    struct room *r = room_of(c);
    int64_t index = json_number(body, n, "\"index\":");
    struct text game = json_string(body, n, "\"game\":");
    if (index < 0 || !game.p || game.n >= sizeof r->game) return heard_fault(c, "no question", body, n);
    memcpy(r->game, game.p, game.n);
    r->game[game.n] = 0;
    r->index = (uint32_t)index;
    if (!c->member) follow(c, QUESTION);
    heard_question(c, OPENS_AFTER_NS);
}

/* An event of the game: each has the number after the last one's, but for a whole state, which has everything. */
static void take_game_event(struct conn *c, const char *name, size_t length, const char *body, size_t n)
{
    int64_t seq = json_number(body, n, "\"seq\":");
    bool is_state = is(name, length, "room:state");
    if (!is_state && (seq < 0 || (c->seq >= 0 && seq != c->seq + 1))) heard_fault(c, "a gap between events", name, length);
    c->seq = seq;
    if (is(name, length, "game:question")) return take_question(c, body, n);
    if (is(name, length, "room:changed")) {
        /* Those of the time before the load are the room's own: its first host. */
        if (room_of(c)->sent) heard_line(c, c->heard);
        return;
    }
    bool is_over = is(name, length, "game:over");
    if (!c->member) {
        if (is(name, length, "game:countdown")) follow(c, COUNTDOWN);
        if (is(name, length, "game:lobby")) follow(c, LOBBY);
        if (is(name, length, "game:reveal")) follow(c, REVEAL);
        if (is_over || is(name, length, "game:leaderboard")) follow(c, is_over ? PODIUM : LEADERBOARD);
    }
    if (is_over || is(name, length, "game:leaderboard")) heard_board(c);
}

static void take_event(struct conn *c, const char *p, size_t n)
{
    const char *end = n > 3 && p[0] == '[' && p[1] == '"' ? memchr(p + 2, '"', n - 2) : NULL;
    if (!end) return heard_fault(c, "no event", p, n);
    const char *name = p + 2;
    size_t length = (size_t)(end - name), rest = n - length - 2;
    if (is(name, length, "chat:message")) {
        struct text id = json_string(end, rest, "\"client\":");
        if (!id.p || id.n < 2) return heard_fault(c, "a line without its name", end, rest);
        return heard_line(c, strtoull(id.p + 1, NULL, 10));
    }
    if (is(name, length, "game:progress")) {
        if (json_number(end, rest, "\"index\":") != room_of(c)->index) return heard_fault(c, "old progress", end, rest);
        return heard_progress(c, (uint32_t)json_number(end, rest, "\"answered\":"));
    }
    if (is(name, length, "presence:update") || is(name, length, "chat:recent") || is(name, length, "game:signed")) return;
    if (is(name, length, "room:me")) {
        struct text token = json_string(end, rest, "\"token\":");
        if (token.p) set_token(c, token);
        return;
    }
    if (is(name, length, "room:saving")) return heard_fault(c, "the journal was away:", end, rest);
    take_game_event(c, name, length, end, rest);
}

static void take_created(struct conn *c, const char *p, size_t n)
{
    struct room *r = room_of(c);
    struct text code = json_string(p, n, "\"code\":");
    if (!code.p || code.n >= sizeof r->name) return heard_fault(c, "no room was made:", p, n);
    memcpy(r->name, code.p, code.n);
    join_room(c);
}

static void take_refusal(struct conn *c, enum kind kind, const char *p, size_t n)
{
    bool not_yet = contains(p, n, "\"wrong_phase\"") || contains(p, n, "\"busy\"");
    if (not_yet && (kind == ANSWER || kind == LEAD)) return heard_not_yet(c, kind == ANSWER);
    heard_fault(c, "refused:", p, n);
}

static void take_acknowledgement(struct conn *c, const char *p, size_t n)
{
    char *body;
    uint64_t id = strtoull(p, &body, 10);
    enum kind kind = id & 7;
    n -= (size_t)(body - p);
    if (!contains(body, n, "\"ok\":true")) return take_refusal(c, kind, body, n);
    switch (kind) {
    case CREATE: return take_created(c, body, n);
    case JOIN: return heard_joined(c);
    case SAY:
    case CHANGE: return heard_line_acknowledged(c, id >> 3);
    case ANSWER: return heard_answer_acknowledged(c);
    case LEAD:
    case CLOSE: return;
    default: return heard_fault(c, "an acknowledgement of nothing:", body, n);
    }
}

static void received(struct conn *c, char *text, size_t n)
{
    if (n >= 2 && text[0] == '4') switch (text[1]) {
        case '2': return take_event(c, text + 2, n - 2);
        case '3': return take_acknowledgement(c, text + 2, n - 2);
        case '0': return heard_ready(c);
        default: return heard_fault(c, "refused:", text, n);
        }
    if (n && text[0] == '2') return tell(c, "3");
    if (n && text[0] == '0') return sign_in(c);
    heard_fault(c, "unexpected packet:", text, n);
}

static void close_room(struct conn *host) { tell(host, "42%" PRIu64 "[\"room:close\",{}]", number(CLOSE, 0)); }

const struct dialect quizmania_dialect = {
    .name = "quizmania", .path = "/socket.io/?EIO=4&transport=websocket", .acknowledges_lines = true, .opened = opened,
    .received = received, .join = join, .say = say, .change = change, .ask = ask, .answer = answer, .lead = lead,
    .close = close_room,
};
