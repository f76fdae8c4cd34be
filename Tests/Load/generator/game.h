/* The load itself: what rooms do, and what is checked of what they are shown. */
#ifndef GAME_H
#define GAME_H

#include "histogram.h"
#include "load.h"
#include "timers.h"

/* Counted while `measuring`. */
struct counts {
    uint64_t deliveries; /* lines and game events shown, acknowledgements */
    uint64_t lines, acknowledgements, rounds, late_rounds, skipped, early;
    struct histogram line, question, acknowledgement, progress, board;
};

/* Over the whole run; anything here voids it. */
struct faults {
    uint64_t faults, ended, lost;
    char first[200];
};

extern struct counts counts;
extern struct faults faults;
extern struct histogram join_times;
extern struct conn *conns;
extern struct room *rooms;
extern uint32_t conns_connected, conns_joined, conns_failed, conns_pending;
extern uint64_t lines_sent, lines_shown;
/* When what is being handled arrived, ns. */
extern uint64_t arrival;
extern bool measuring, playing;

/* Makes rooms and connections. */
void game_prepare(void);
void game_begin(void);
void game_fire(struct timer t);
void note_end(struct conn *c, const char *why);
void counts_reset(void);

#endif
