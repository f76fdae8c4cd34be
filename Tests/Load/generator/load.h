/* What the parts of the generator share: rooms, connections, and how the load travels in a server's own protocol.
 *
 * The load is the same for every server: somebody sends a line and everybody in the room must be shown it; a question
 * is opened, everybody answers, is acknowledged, and is shown how many have answered and at the end a leaderboard. A
 * dialect says how that is put to one server, and tells what it hears through the heard_… functions. */
#ifndef LOAD_H
#define LOAD_H

#include "websocket.h"

/* Lines of a room that may be under way at once. */
#define UNDER_WAY_MAX 256u
#define PLAYERS_MAX 250u
#define TOKEN_MAX 1024

enum place { OUTSIDE, CONNECTED, IN_ROOM };

struct conn {
    struct ws ws; /* first: a struct ws * is a struct conn * */
    uint32_t id, room, member;
    enum place place;
    uint64_t began;    /* when it began to connect, ns */
    uint64_t heard;    /* number of the next line it must be shown */
    uint64_t answered; /* when its answer under way was sent; 0: there is none */
    int64_t seq;       /* quizmania: number of the last game event it was shown; -1: none */
    uint32_t question, progress;
    uint32_t ref; /* numbers what it sends */
    bool acknowledged, saw_board;
};

/* Where a game is, as its host sees it; only servers whose games have a course of their own. */
enum phase { LOBBY, COUNTDOWN, QUESTION, REVEAL, LEADERBOARD, PODIUM };

struct room {
    char name[24]; /* what members join by */
    char game[48];
    uint32_t index; /* of the open question in its game */
    enum phase phase;
    uint64_t sent;                 /* lines so far; the next one's number */
    uint64_t due[UNDER_WAY_MAX];   /* when line n, at n % UNDER_WAY_MAX, was due */
    uint32_t signs[UNDER_WAY_MAX]; /* how many have been shown it, and one for its acknowledgement */
    uint32_t question; /* from 1; 0: none yet */
    uint32_t acknowledged, boards;
    bool asking;
    uint64_t asked, led, last_answer;
    uint64_t counted[PLAYERS_MAX + 1]; /* when the nth answer was known to have been taken */
};

struct dialect {
    const char *name, *path;
    /* A line is acknowledged to its author beside being shown. */
    bool acknowledges_lines;
    /* Every answer's progress is told, in order; else only newer ones. */
    bool tells_each_progress;
    /* The WebSocket is open. Ends in heard_ready(). */
    void (*opened)(struct conn *c);
    void (*received)(struct conn *c, char *text, size_t n);
    /* Ends in heard_joined(). The room's host, member 0, is seated before the others ask. */
    void (*join)(struct conn *c);
    /* Line `n` of the room. */
    void (*say)(struct conn *host, uint64_t n);
    /* Something journaled that everybody is shown, in place of a line; NULL: the server knows no such thing. */
    void (*change)(struct conn *host, uint64_t n);
    /* Opens the next question, after whatever the game's course demands. */
    void (*ask)(struct conn *host);
    void (*answer)(struct conn *c, uint32_t choice);
    /* Goes on after a refusal that said "not yet"; NULL: nothing is ever refused so. */
    void (*lead)(struct conn *host);
    /* Closes the room; NULL: rooms end with their members. */
    void (*close)(struct conn *host);
};

const struct dialect *dialect_named(const char *name);
extern const struct dialect raw_dialect, sio_dialect, quizmania_dialect;

/* ---- what dialects use -------------------------------------------------------------------------------------------- */

struct text {
    const char *p;
    size_t n;
};

/* The number after "key": in a JSON text; the key is given with quotes and colon. -1: there is none. */
int64_t json_number(const char *p, size_t n, const char *key);
/* The string after "key":, as it stands there; .p is NULL when there is none. */
struct text json_string(const char *p, size_t n, const char *key);
bool contains(const char *p, size_t n, const char *what);
/* Sends a formatted text. */
void tell(struct conn *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct room *room_of(const struct conn *c);
/* A token to sign in with; NULL: as a guest. */
const char *token_of(const struct conn *c);
void set_token(const struct conn *c, struct text token);
/* As many bytes of text as a line is to have. */
const char *line_text(void);

void heard_ready(struct conn *c);
void heard_joined(struct conn *c);
void heard_line(struct conn *c, uint64_t n);
void heard_line_acknowledged(struct conn *c, uint64_t n);
/* - opens_in: ns until it may be answered. */
void heard_question(struct conn *c, uint64_t opens_in);
void heard_progress(struct conn *c, uint32_t answered);
void heard_board(struct conn *c);
void heard_answer_acknowledged(struct conn *c);
/* An answer or a step of the game came a moment too early: it is tried again. */
void heard_not_yet(struct conn *c, bool was_answer);
/* Anything that must not happen; the run is void. */
void heard_fault(struct conn *c, const char *what, const char *p, size_t n);

/* ---- time ------------------------------------------------------------------------------------------------------------- */

/* ns since the program began. */
uint64_t now_ns(void);

#endif
