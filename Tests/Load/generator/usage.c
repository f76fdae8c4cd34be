#define _GNU_SOURCE
#include "usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

bool processes_parse(struct processes *s, const char *list)
{
    s->n = 0;
    while (*list) {
        char *end;
        long pid = strtol(list, &end, 10);
        if (end == list || pid <= 0 || s->n == PROCESSES_MAX || (*end && *end != ',')) return false;
        s->pid[s->n++] = (int)pid;
        list = *end ? end + 1 : end;
    }
    return true;
}

static bool read_file(const char *path, char *buffer, size_t size)
{
    FILE *f = fopen(path, "r");
    if (!f) return false;
    size_t n = fread(buffer, 1, size - 1, f);
    fclose(f);
    buffer[n] = 0;
    return n > 0;
}

static double seconds(const struct timespec *t)
{
    return (double)t->tv_sec + (double)t->tv_nsec / 1e9;
}

/* utime, stime, cutime, cstime of a process, clock ticks. */
static bool ticks_of(int pid, unsigned long long ticks[4])
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (!read_file(path, text, sizeof text)) return false;
    char *p = strrchr(text, ')'); /* the command's name may hold anything */
    return p && sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu", ticks, ticks + 1,
                       ticks + 2, ticks + 3) == 4;
}

/* Ticks a process and its descendants have used, those that have ended and were waited for included. */
static unsigned long long ticks_of_tree(int pid)
{
    unsigned long long t[4], sum;
    char path[64], text[16384];
    if (!ticks_of(pid, t)) return 0;
    sum = t[0] + t[1] + t[2] + t[3];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    if (!read_file(path, text, sizeof text)) return sum;
    for (char *p = text, *end;; p = end) {
        long child = strtol(p, &end, 10);
        if (end == p) return sum;
        sum += ticks_of_tree((int)child);
    }
}

void usage_now(struct usage *u, const struct processes *servers, const struct processes *stores)
{
    double hz = (double)sysconf(_SC_CLK_TCK);
    struct timespec t;
    clockid_t clock;
    char text[1024];

    memset(u, 0, sizeof *u);
    for (int i = 0; i < servers->n; i++) {
        unsigned long long ticks[4];
        /* To the nanosecond, where /proc counts in hundredths of a second. */
        if (!clock_getcpuclockid(servers->pid[i], &clock) && !clock_gettime(clock, &t)) u->servers += seconds(&t);
        if (!ticks_of(servers->pid[i], ticks)) continue;
        u->servers_user += (double)ticks[0] / hz;
        u->servers_system += (double)ticks[1] / hz;
    }
    for (int i = 0; i < stores->n; i++) u->stores += (double)ticks_of_tree(stores->pid[i]) / hz;

    unsigned long long v[8] = {0};
    if (read_file("/proc/stat", text, sizeof text) &&
        sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7) >= 7) {
        u->machine_busy = (double)(v[0] + v[1] + v[2] + v[5] + v[6]) / hz;
        u->machine_stolen = (double)v[7] / hz;
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    u->self = seconds(&t);
    clock_gettime(CLOCK_MONOTONIC, &t);
    u->wall = seconds(&t);
}

double memory_of(const struct processes *s)
{
    double total = 0;
    for (int i = 0; i < s->n; i++) {
        char path[64], text[4096];
        unsigned long long kib;
        snprintf(path, sizeof path, "/proc/%d/smaps_rollup", s->pid[i]);
        if (!read_file(path, text, sizeof text)) continue;
        char *p = strstr(text, "\nPss:");
        if (p && sscanf(p, "\nPss: %llu kB", &kib) == 1) total += (double)kib * 1024;
    }
    return total;
}
