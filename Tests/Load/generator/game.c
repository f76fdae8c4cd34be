#define _GNU_SOURCE
#include "game.h"

#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long after "not yet" something is tried again. */
#define RETRY_NS 20000000u

struct counts counts;
struct faults faults;
struct histogram join_times;
struct conn *conns;
struct room *rooms;
uint32_t conns_connected, conns_joined, conns_failed, conns_pending;
uint64_t lines_sent, lines_shown;
uint64_t arrival;
bool measuring, playing;

static uint64_t ns(double seconds) { return (uint64_t)(seconds * 1e9); }

static uint64_t chance(void)
{
    uint64_t z = (options.seed += 0x9e3779b97f4a7c15u); /* splitmix64 */
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct room *room_of(const struct conn *c) { return &rooms[c->room]; }
static struct conn *host_of(const struct room *r) { return &conns[(size_t)(r - rooms) * options.players]; }

static void sample(struct histogram *h, uint64_t since)
{
    if (measuring) hist_add(h, arrival > since ? arrival - since : 0);
}

void counts_reset(void)
{
    memset(&counts, 0, sizeof counts);
    hist_reset(&counts.line);
    hist_reset(&counts.question);
    hist_reset(&counts.acknowledgement);
    hist_reset(&counts.progress);
    hist_reset(&counts.board);
}

void game_prepare(void)
{
    conns = calloc((size_t)options.rooms * options.players, sizeof *conns);
    rooms = calloc(options.rooms, sizeof *rooms);
    if (!conns || !rooms) { perror("calloc"); exit(1); }
    for (uint32_t i = 0; i < options.rooms * options.players; i++) {
        conns[i].id = i;
        conns[i].room = i / options.players;
        conns[i].member = i % options.players;
        conns[i].seq = -1;
    }
    /* Where rooms get their names from the server, the name stays empty until then. */
    for (uint32_t r = 0; r < options.rooms && options.dialect != &quizmania_dialect; r++)
        snprintf(rooms[r].name, sizeof rooms[r].name, "r%05u", r);
    hist_reset(&join_times);
    counts_reset();
}

/* ---- faults -------------------------------------------------------------------------------------------------------- */

static void note(uint64_t *counter, const struct conn *c, const char *what, const char *p, size_t n)
{
    (*counter)++;
    if (!faults.first[0])
        snprintf(faults.first, sizeof faults.first, "connection %u: %s %.*s", c->id, what, (int)(n > 120 ? 120 : n), p ? p : "");
}

void heard_fault(struct conn *c, const char *what, const char *p, size_t n) { note(&faults.faults, c, what, p, n); }
void note_end(struct conn *c, const char *why) { note(&faults.ended, c, why, NULL, 0); }

/* ---- lines ---------------------------------------------------------------------------------------------------------- */

/* - due: when it was to be sent, which is what its latency counts from: a server that stalls is not spared. */
static void say(struct room *r, uint64_t due)
{
    uint64_t n = r->sent++;
    r->due[n % UNDER_WAY_MAX] = due;
    r->signs[n % UNDER_WAY_MAX] = 0;
    lines_sent++;
    if (measuring) counts.lines++;
    (options.workload == CHANGE_ALL ? options.dialect->change : options.dialect->say)(host_of(r), n);
}

/* The line behind one that is done: at once, or a period after that one began. */
static void follow(struct room *r, uint64_t n)
{
    uint64_t due = r->due[n % UNDER_WAY_MAX] + ns(options.period), now = now_ns();
    if (options.period > 0 && due > now)
        timer_add(due, TIMER_FOLLOW, (uint32_t)(r - rooms));
    else
        say(r, now);
}

/* Everybody has been shown it, and its author knows that it is kept: the next one goes. */
static void sign(struct room *r, uint64_t n)
{
    uint32_t wanted = options.players + options.dialect->acknowledges_lines;
    if (++r->signs[n % UNDER_WAY_MAX] == wanted && options.rate <= 0 && playing) follow(r, n);
}

void heard_line(struct conn *c, uint64_t n)
{
    struct room *r = room_of(c);
    if (n != c->heard || n >= r->sent) {
        char text[64];
        snprintf(text, sizeof text, "%llu instead of %llu", (unsigned long long)n, (unsigned long long)c->heard);
        heard_fault(c, "a line out of order:", text, strlen(text));
    }
    c->heard = n + 1;
    lines_shown++;
    if (measuring) counts.deliveries++;
    sample(&counts.line, r->due[n % UNDER_WAY_MAX]);
    sign(r, n);
}

void heard_line_acknowledged(struct conn *c, uint64_t n)
{
    struct room *r = room_of(c);
    if (n >= r->sent) return heard_fault(c, "an acknowledgement of no line", NULL, 0);
    if (measuring) {
        counts.deliveries++;
        counts.acknowledgements++;
    }
    sample(&counts.acknowledgement, r->due[n % UNDER_WAY_MAX]);
    sign(r, n);
}

/* ---- questions ------------------------------------------------------------------------------------------------------ */

static void ask(struct room *r)
{
    r->question++;
    r->acknowledged = r->boards = 0;
    r->asking = true;
    r->asked = r->led = now_ns();
    options.dialect->ask(host_of(r));
}

static void answer(struct conn *c)
{
    c->answered = now_ns();
    room_of(c)->last_answer = c->answered;
    options.dialect->answer(c, (uint32_t)(chance() & 3));
}

static void open_for(struct conn *c, uint64_t at)
{
    if (options.window > 0)
        timer_add(at + chance() % ns(options.window), TIMER_ANSWER, c->id);
    else
        answer(c);
}

static void finish_round(struct room *r)
{
    if (!r->asking || r->acknowledged < options.players || r->boards < options.players) return;
    r->asking = false;
    if (measuring) counts.rounds++;
    if (playing && options.period <= 0) ask(r);
}

void heard_question(struct conn *c, uint64_t opens_in)
{
    struct room *r = room_of(c);
    if (!r->asking || c->question == r->question) return heard_fault(c, "a question nobody asked for", NULL, 0);
    if (measuring) counts.deliveries++;
    sample(&counts.question, opens_in ? r->led : r->asked);
    c->question = r->question;
    c->progress = 0;
    c->acknowledged = c->saw_board = false;
    if (!opens_in)
        open_for(c, arrival);
    else if (!c->member)
        timer_add(arrival + opens_in, TIMER_OPEN, c->room);
}

void heard_progress(struct conn *c, uint32_t answered)
{
    struct room *r = room_of(c);
    bool wrong = options.dialect->tells_each_progress ? answered != c->progress + 1 : answered <= c->progress && answered;
    if (wrong || answered > options.players) {
        char text[64];
        snprintf(text, sizeof text, "%u behind %u", answered, c->progress);
        return heard_fault(c, "progress out of order:", text, strlen(text));
    }
    if (measuring) counts.deliveries++;
    /* How old each count was when it was shown; those nobody has seen acknowledged yet are new. */
    for (uint32_t k = c->progress + 1; k <= answered; k++) sample(&counts.progress, k <= r->acknowledged ? r->counted[k] : arrival);
    c->progress = answered;
}

void heard_answer_acknowledged(struct conn *c)
{
    struct room *r = room_of(c);
    if (c->acknowledged || !c->answered) return heard_fault(c, "an acknowledgement of no answer", NULL, 0);
    c->acknowledged = true;
    if (measuring) {
        counts.deliveries++;
        counts.acknowledgements++;
    }
    sample(&counts.acknowledgement, c->answered);
    c->answered = 0;
    r->counted[++r->acknowledged] = arrival;
    finish_round(r);
}

void heard_board(struct conn *c)
{
    struct room *r = room_of(c);
    if (c->saw_board || c->progress != options.players) return heard_fault(c, "a board before the last progress", NULL, 0);
    c->saw_board = true;
    if (measuring) counts.deliveries++;
    sample(&counts.board, options.dialect->lead ? r->led : r->last_answer);
    r->boards++;
    finish_round(r);
}

void heard_not_yet(struct conn *c, bool was_answer)
{
    if (measuring) counts.early++;
    timer_add(now_ns() + RETRY_NS, was_answer ? TIMER_ANSWER : TIMER_LEAD, was_answer ? c->id : c->room);
}

/* ---- the load ---------------------------------------------------------------------------------------------------------- */

static uint64_t paced, paced_since;

void game_begin(void)
{
    uint64_t now = now_ns();
    playing = true;
    if (options.workload == QUIZ) {
        for (uint32_t r = 0; r < options.rooms; r++) {
            if (options.period > 0)
                timer_add(now + (uint64_t)((double)r / options.rooms * options.period * 1e9), TIMER_ASK, r);
            else
                ask(&rooms[r]);
        }
    } else if (options.workload == BCAST || options.workload == CHANGE_ALL) {
        paced_since = now;
        if (options.rate > 0)
            timer_add(now, TIMER_SAY, 0);
        else
            for (uint32_t r = 0; r < options.rooms; r++)
                for (uint32_t d = 0; d < options.depth; d++) say(&rooms[r], now);
    }
}

/* Says the next line of the open loop, room after room, unless the server is far behind. */
static void say_paced(uint64_t due)
{
    uint64_t behind = lines_sent * options.players - lines_shown;
    if (behind < 20ull * options.rooms * options.players)
        say(&rooms[paced % options.rooms], due);
    else if (measuring)
        counts.skipped++;
    paced++;
    timer_add(paced_since + (uint64_t)((double)paced * 1e9 / options.rate), TIMER_SAY, 0);
}

static void ask_paced(uint32_t r, uint64_t due)
{
    if (!rooms[r].asking)
        ask(&rooms[r]);
    else if (measuring)
        counts.late_rounds++;
    timer_add(due + ns(options.period), TIMER_ASK, r);
}

void game_fire(struct timer t)
{
    switch (t.kind) {
    case TIMER_SAY:
        if (playing) say_paced(t.at);
        return;
    case TIMER_FOLLOW:
        if (playing) say(&rooms[t.index], t.at);
        return;
    case TIMER_ASK:
        if (playing) ask_paced(t.index, t.at);
        return;
    case TIMER_OPEN:
        for (uint32_t i = 0; i < options.players; i++) open_for(&conns[(size_t)t.index * options.players + i], t.at);
        return;
    case TIMER_ANSWER: answer(&conns[t.index]); return;
    case TIMER_LEAD: options.dialect->lead(host_of(&rooms[t.index])); return;
    }
}
