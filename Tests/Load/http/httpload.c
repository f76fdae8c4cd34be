/* GETs over kept-alive connections, each one sending its next request when it has its answer, which must be 200.
 *
 * Doors count by address: every request says that it was forwarded for one of 4,096.
 *
 * usage: httpload PORT PATH CONNECTIONS SECONDS PID CPU LABEL JSON [TOKEN] */
#define _GNU_SOURCE
#include "../generator/usage.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX 262144
#define WARMUP_S 1.0

struct client {
    int fd;
    size_t n;
    char answer[ANSWER_MAX];
};

static const char *path, *token;
static uint64_t requests, answers, bytes;

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *why)
{
    fprintf(stderr, "httpload: %s\n", why);
    exit(1);
}

static void ask(struct client *c)
{
    char request[2048];
    unsigned address = (unsigned)(requests++ & 4095);
    int n = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 10.9.%u.%u\r\n%s%s%s\r\n", path, address >> 8,
                     address & 255, token ? "Authorization: Bearer " : "", token ? token : "", token ? "\r\n" : "");
    if (n < 0 || (size_t)n >= sizeof request) die("the request is too long");
    if (send(c->fd, request, (size_t)n, MSG_NOSIGNAL) != n) die("a request was not sent");
}

/* The answer's length with its head, once that is there; 0: not yet. */
static size_t answer_length(struct client *c)
{
    char *end = memmem(c->answer, c->n, "\r\n\r\n", 4);
    if (!end) return 0;
    if (c->n < 12 || memcmp(c->answer, "HTTP/1.1 200", 12)) {
        fprintf(stderr, "httpload: %.*s\n", (int)(c->n > 600 ? 600 : c->n), c->answer);
        exit(1);
    }
    for (char *line = c->answer; line < end; line = strchr(line, '\n') + 1)
        if (!strncasecmp(line, "content-length:", 15)) return (size_t)(end - c->answer) + 4 + strtoul(line + 15, NULL, 10);
    die("an answer without its length");
    return 0;
}

static void receive(struct client *c)
{
    ssize_t k = recv(c->fd, c->answer + c->n, sizeof c->answer - 1 - c->n, 0);
    if (k < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (k <= 0) die("a connection ended");
    c->n += (size_t)k;
    c->answer[c->n] = 0;
    size_t length = answer_length(c);
    if (!length || c->n < length) return;
    if (c->n > length) die("more than was asked for");
    answers++;
    bytes += length;
    c->n = 0;
    ask(c);
}

int main(int argc, char **argv)
{
    if (argc < 9 || argc > 10) die("usage: httpload PORT PATH CONNECTIONS SECONDS PID CPU LABEL JSON [TOKEN]");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    path = argv[2];
    token = argc == 10 ? argv[9] : NULL;
    int count = atoi(argv[3]), loop = epoll_create1(EPOLL_CLOEXEC), one = 1;
    double seconds = atof(argv[4]);
    struct processes server, none = {0};
    cpu_set_t cpus;
    if (count < 1 || seconds <= 0 || !processes_parse(&server, argv[5])) die("what is asked for makes no sense");
    CPU_ZERO(&cpus);
    CPU_SET(atoi(argv[6]), &cpus);
    sched_setaffinity(0, sizeof cpus, &cpus);

    struct client *clients = calloc((size_t)count, sizeof *clients);
    if (!clients) die("no memory");
    for (int i = 0; i < count; i++) {
        clients[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(clients[i].fd, (struct sockaddr *)&address, sizeof address)) die(strerror(errno));
        setsockopt(clients[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
        epoll_ctl(loop, EPOLL_CTL_ADD, clients[i].fd, &event);
        ask(&clients[i]);
    }
    struct usage before, after;
    uint64_t answers_before = 0, bytes_before = 0;
    double begin = now_s() + WARMUP_S, end = begin + seconds;
    for (int measuring = 0; now_s() < end;) {
        struct epoll_event events[256];
        int n = epoll_wait(loop, events, 256, 10);
        for (int i = 0; i < n; i++) receive(events[i].data.ptr);
        if (!measuring && now_s() >= begin) {
            measuring = 1;
            usage_now(&before, &server, &none);
            answers_before = answers;
            bytes_before = bytes;
        }
    }
    usage_now(&after, &server, &none);
    double cpu = after.servers - before.servers, wall = after.wall - before.wall, done = (double)(answers - answers_before);
    if (!done || cpu <= 0) die("nothing was answered");
    FILE *json = fopen(argv[8], "a");
    if (!json) die(argv[8]);
    fprintf(json,
            "{\"label\":\"%s\",\"workload\":\"http\",\"requests\":%.0f,\"requests_per_s\":%.6g,\"requests_per_cpu_s\":%.6g,"
            "\"cpu_us_per_request\":%.6g,\"bytes_per_request\":%.6g,\"server_cpu_share\":%.3f,\"ok\":true}\n",
            argv[7], done, done / wall, done / cpu, cpu / done * 1e6, (double)(bytes - bytes_before) / done, cpu / wall);
    fclose(json);
    printf("%s: %.0f requests a second, %.1f us of the server's processor each\n", argv[7], done / wall, cpu / done * 1e6);
}
