/* Processor time and memory of the servers, of what they store in, of this process and of the machine, from /proc. */
#ifndef USAGE_H
#define USAGE_H

#include <stdbool.h>

#define PROCESSES_MAX 64

struct processes {
    int n;
    int pid[PROCESSES_MAX];
};

/* Seconds since some moment; only differences mean anything. */
struct usage {
    double wall;
    double servers, servers_user, servers_system; /* all threads */
    double stores;                                /* with their children, those that have ended too */
    double self;
    double machine_busy; /* all processors, but for what the hypervisor took */
    double machine_stolen;
};

/* Reads "123,456"; false: malformed. */
bool processes_parse(struct processes *s, const char *list);
void usage_now(struct usage *u, const struct processes *servers, const struct processes *stores);
/* Resident bytes, pages shared with other processes counted by share. 0 when there is no process. */
double memory_of(const struct processes *s);

#endif
