/* What is to happen later: a binary heap by time. Nothing is ever taken out before it fires. */
#ifndef TIMERS_H
#define TIMERS_H

#include <stdint.h>

enum timer_kind { TIMER_SAY, TIMER_FOLLOW, TIMER_ASK, TIMER_OPEN, TIMER_ANSWER, TIMER_LEAD };

struct timer {
    uint64_t at; /* ns, see now_ns() */
    enum timer_kind kind;
    uint32_t index; /* of the room or connection */
};

void timer_add(uint64_t at, enum timer_kind kind, uint32_t index);
/* When the next one is due; UINT64_MAX: there is none. */
uint64_t timer_next(void);
struct timer timer_pop(void);

#endif
