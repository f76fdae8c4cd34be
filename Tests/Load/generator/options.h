/* What a run is told. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "load.h"
#include "usage.h"

#define SERVERS_MAX 16

enum workload { BCAST, CHANGE_ALL, QUIZ, STORM, IDLE };

struct options {
    const struct dialect *dialect;
    const char *host, *label, *json, *tokens, *save_tokens;
    int ports[SERVERS_MAX];
    uint32_t servers;
    bool tls, deflate, forwarded, late_joins, close_rooms, names;
    int cpu; /* −1: any */
    enum workload workload;
    uint32_t rooms, players, depth, inflight, line_bytes, questions;
    double rate, window, period, warmup, duration, settle; /* a second, seconds */
    uint64_t seed;
    struct processes pids, stores;
};

extern struct options options;
extern const char *const workload_names[];

/* Ends the program when they cannot be used. */
void options_parse(int argc, char **argv);

#endif
