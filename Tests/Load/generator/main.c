/* A load generator for servers of rooms; see ../README.md. One thread, one epoll loop. */
#define _GNU_SOURCE
#include "game.h"
#include "options.h"
#include "report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Seconds until everybody has to be seated, and until what is under way at the end has to have arrived. */
#define SEATING_S 120
#define DRAINING_S 5

static struct ws_server servers[SERVERS_MAX];
static char **tokens;
static char line[512];
static uint64_t began;
static int epoll;
static uint32_t started[2]; /* hosts, and the others */
static bool joining = true;

uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec - began;
}

static uint64_t ns(double seconds) { return (uint64_t)(seconds * 1e9); }
static uint32_t conns_wanted(void) { return options.rooms * options.players; }
const char *line_text(void) { return line; }

/* ---- tokens ------------------------------------------------------------------------------------------------------------ */

const char *token_of(const struct conn *c) { return tokens ? tokens[c->id] : NULL; }

static void keep_token(uint32_t id, const char *p, size_t n)
{
    if (!tokens && !(tokens = calloc(conns_wanted(), sizeof *tokens))) { perror("calloc"); exit(1); }
    free(tokens[id]);
    tokens[id] = strndup(p, n);
}

void set_token(const struct conn *c, struct text token)
{
    if (options.save_tokens) keep_token(c->id, token.p, token.n);
}

static void read_tokens(void)
{
    FILE *f = fopen(options.tokens, "r");
    char text[TOKEN_MAX];
    uint32_t n = 0;
    if (!f) { perror(options.tokens); exit(1); }
    while (n < conns_wanted() && fgets(text, sizeof text, f)) keep_token(n++, text, strcspn(text, "\n"));
    fclose(f);
    if (n < conns_wanted()) {
        fprintf(stderr, "loadgen: %s has %u tokens, and %u are needed.\n", options.tokens, n, conns_wanted());
        exit(1);
    }
}

/* Whether everybody's is there. */
static bool write_tokens(void)
{
    FILE *f = options.save_tokens ? fopen(options.save_tokens, "w") : NULL;
    bool complete = f || !options.save_tokens;
    for (uint32_t i = 0; f && i < conns_wanted(); i++) {
        complete = complete && tokens && tokens[i];
        fprintf(f, "%s\n", tokens && tokens[i] ? tokens[i] : "");
    }
    if (f) fclose(f);
    return complete;
}

/* ---- seating: hosts first, because the others join their rooms -------------------------------------------------------- */

static const struct ws_server *server_of(const struct conn *c) { return &servers[(c->room + c->member) % options.servers]; }

/* The nth connection to be made of this kind. */
static struct conn *candidate(bool hosts, uint32_t n)
{
    if (hosts) return &conns[(size_t)n * options.players];
    return &conns[(size_t)(n / (options.players - 1)) * options.players + 1 + n % (options.players - 1)];
}

static void start_some(bool hosts)
{
    uint32_t all = hosts ? options.rooms : conns_wanted() - options.rooms;
    while (conns_pending < options.inflight && started[!hosts] < all) {
        struct conn *c = candidate(hosts, started[!hosts]++);
        c->began = now_ns();
        if (ws_connect(&c->ws, server_of(c)) < 0) {
            conns_failed++;
            note_end(c, strerror(errno));
        } else {
            conns_pending++;
        }
    }
}

void ws_opened(struct ws *w) { options.dialect->opened((struct conn *)w); }
void ws_text(struct ws *w, char *text, size_t n) { options.dialect->received((struct conn *)w, text, n); }

void heard_ready(struct conn *c)
{
    c->place = CONNECTED;
    conns_connected++;
    if (joining)
        options.dialect->join(c);
    else
        conns_pending--;
}

void heard_joined(struct conn *c)
{
    c->place = IN_ROOM;
    conns_joined++;
    if (conns_pending) conns_pending--;
    hist_add(&join_times, now_ns() - c->began);
}

void ws_ended(struct ws *w, const char *why)
{
    struct conn *c = (struct conn *)w;
    note_end(c, why);
    conns_failed++;
    if (conns_pending && (c->place == OUTSIDE || (joining && c->place == CONNECTED))) conns_pending--;
    if (c->place == IN_ROOM) conns_joined--;
    c->place = OUTSIDE;
}

/* ---- the loop -------------------------------------------------------------------------------------------------------------- */

static void turn(uint64_t until)
{
    static struct epoll_event events[256];
    uint64_t wake = timer_next() < until ? timer_next() : until, now = now_ns(), left = wake > now ? wake - now : 0;
    struct timespec wait = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
    int n = epoll_pwait2(epoll, events, sizeof events / sizeof *events, &wait, NULL);
    if (n < 0 && errno != EINTR) { perror("epoll_pwait2"); exit(1); }
    for (int i = 0; i < n; i++) {
        struct conn *c = events[i].data.ptr;
        char fields[64] = "";
        if (options.forwarded && (c->ws.state == WS_CONNECTING || c->ws.state == WS_SECURING))
            snprintf(fields, sizeof fields, "X-Forwarded-For: 10.%u.%u.%u\r\n", c->id >> 16 & 255, c->id >> 8 & 255, c->id & 255);
        arrival = now_ns();
        ws_ready(&c->ws, events[i].events, server_of(c), options.dialect->path, fields);
    }
    arrival = now_ns();
    while (timer_next() <= arrival) game_fire(timer_pop());
}

static void run_for(double seconds)
{
    uint64_t end = now_ns() + ns(seconds);
    while (now_ns() < end) turn(end);
}

/* Makes connections until `reached` of them are where they should be; false: not within the time. */
static bool seat(bool hosts, const uint32_t *count, uint32_t reached)
{
    uint64_t end = now_ns() + ns(SEATING_S);
    while (*count < reached && !conns_failed && !faults.faults && now_ns() < end) {
        start_some(hosts);
        turn(now_ns() + ns(0.05));
    }
    return *count >= reached;
}

/* Those that are connected join, as many at a time as connect at a time. */
static bool join_all(void)
{
    uint64_t end = now_ns() + ns(SEATING_S);
    uint32_t asked = 0;
    joining = true;
    for (int hosts = 1; hosts >= 0; hosts--) {
        uint32_t all = hosts ? options.rooms : conns_wanted() - options.rooms;
        for (uint32_t n = 0; (n < all || conns_joined < asked) && !conns_failed && !faults.faults && now_ns() < end;) {
            for (; n < all && asked < conns_joined + options.inflight; n++, asked++) {
                struct conn *c = candidate(hosts, n);
                c->began = now_ns();
                options.dialect->join(c);
            }
            turn(now_ns() + ns(0.05));
        }
    }
    return conns_joined == conns_wanted();
}

/* ---- a run -------------------------------------------------------------------------------------------------------------- */

static void prepare(void)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    /* Waits end when they should, not up to 50 µs later. */
    prctl(PR_SET_TIMERSLACK, 1000ul, 0, 0, 0);
    if (options.cpu >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(options.cpu, &set);
        if (sched_setaffinity(0, sizeof set, &set)) perror("sched_setaffinity");
    }
    memset(line, '.', options.line_bytes);
    memcpy(line, "hello quiz!", options.line_bytes < 11 ? options.line_bytes : 11);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    struct ssl_ctx_st *tls = options.tls ? ws_tls_context() : NULL;
    if (options.tls && !tls) { fputs("loadgen: no TLS.\n", stderr); exit(1); }
    for (uint32_t i = 0; i < options.servers; i++) {
        struct ws_server *s = &servers[i];
        *s = (struct ws_server){.epoll = epoll, .tls = tls, .deflate = options.deflate};
        s->address.sin_family = AF_INET;
        s->address.sin_port = htons((uint16_t)options.ports[i]);
        if (inet_pton(AF_INET, options.host, &s->address.sin_addr) != 1) {
            fputs("loadgen: --host takes an IPv4 address.\n", stderr);
            exit(2);
        }
        snprintf(s->host, sizeof s->host, "%s:%d", options.host, options.ports[i]);
    }
    if (options.tokens) read_tokens();
    game_prepare();
}

/* Connects and seats everybody and reports what that took; false: somebody is missing. */
static bool come_in(void)
{
    struct usage before, hosted, after;
    double memory[4] = {memory_of(&options.pids)};
    uint32_t others = conns_wanted() - options.rooms;
    joining = !options.late_joins;
    const uint32_t *count = joining ? &conns_joined : &conns_connected;
    usage_now(&before, &options.pids, &options.stores);
    bool ok = seat(true, count, options.rooms);
    usage_now(&hosted, &options.pids, &options.stores);
    ok = ok && seat(false, count, conns_wanted());
    usage_now(&after, &options.pids, &options.stores);
    report_number("connections", "", *count);
    report_usage("join_", &before, &after);
    /* Making the rooms is not part of coming in: the hosts are left out. */
    if (others) report_number("join_cpu_us", "us of the server a connection", (after.servers - hosted.servers) / others * 1e6);
    if (others) report_number("joins_per_s", "/s", others / (after.wall - hosted.wall));
    report_histogram("join_us", &join_times);
    if (ok) run_for(options.settle);
    memory[1] = memory[2] = memory_of(&options.pids);
    if (ok && options.late_joins && options.workload != IDLE) {
        ok = join_all();
        run_for(options.settle);
        memory[2] = memory_of(&options.pids);
    }
    if (options.pids.n) {
        report_number("memory_before_mib", "MiB", memory[0] / 1048576);
        report_number("memory_connected_mib", "MiB", memory[1] / 1048576);
        report_number("memory_joined_mib", "MiB", memory[2] / 1048576);
        report_number("memory_connection_kib", "KiB a connection", (memory[1] - memory[0]) / 1024 / conns_wanted());
        report_number("memory_room_kib", "KiB a room, joins after connects", (memory[2] - memory[1]) / 1024 / options.rooms);
    }
    return ok;
}

static void report_load(const struct usage *before, const struct usage *after, uint64_t bytes, uint64_t reads)
{
    double servers_s = after->servers - before->servers, wall = after->wall - before->wall;
    double deliveries = (double)counts.deliveries;
    report_usage("", before, after);
    report_number("lines_per_s", "/s", (double)counts.lines / wall);
    report_number("deliveries", "", deliveries);
    report_number("deliveries_per_s", "/s", deliveries / wall);
    report_number("acknowledgements", "", (double)counts.acknowledgements);
    if (servers_s > 0 && deliveries > 0) {
        report_number("deliveries_per_cpu_s", "a second of the server's processor", deliveries / servers_s);
        report_number("cpu_us_per_delivery", "us", servers_s / deliveries * 1e6);
        report_number("bytes_per_delivery", "bytes", (double)bytes / deliveries);
        report_number("deliveries_per_read", "", deliveries / (double)reads);
    }
    if (options.workload == QUIZ) {
        report_number("rounds", "", (double)counts.rounds);
        report_number("late_rounds", "", (double)counts.late_rounds);
        report_number("early", "tried again", (double)counts.early);
        if (counts.rounds) {
            report_number("cpu_ms_per_round", "ms of the server", servers_s / (double)counts.rounds * 1e3);
            report_number("store_cpu_ms_per_round", "ms", (after->stores - before->stores) / (double)counts.rounds * 1e3);
        }
    }
    if (options.deflate) report_number("messages_deflated", "", (double)ws_deflated);
    if (options.rate > 0) report_number("skipped", "the server was behind", (double)counts.skipped);
    report_histogram("line_us", &counts.line);
    report_histogram("question_us", &counts.question);
    report_histogram("acknowledgement_us", &counts.acknowledgement);
    report_histogram("progress_us", &counts.progress);
    report_histogram("board_us", &counts.board);
}

/* A question is open somewhere. */
static bool is_asking(void)
{
    for (uint32_t r = 0; r < options.rooms; r++)
        if (rooms[r].asking) return true;
    return false;
}

static void play(void)
{
    struct usage before, after;
    game_begin();
    run_for(options.warmup);
    counts_reset();
    uint64_t bytes = ws_bytes_received, reads = ws_reads;
    measuring = true;
    usage_now(&before, &options.pids, &options.stores);
    run_for(options.duration);
    usage_now(&after, &options.pids, &options.stores);
    measuring = playing = false;
    report_load(&before, &after, ws_bytes_received - bytes, ws_reads - reads);
    /* Everything that was said has to arrive, and every question to come to its end. */
    uint64_t end = now_ns() + ns(DRAINING_S + options.window);
    while ((lines_shown < lines_sent * options.players || is_asking()) && now_ns() < end) turn(now_ns() + ns(0.01));
    /* What was to be measured did not happen. */
    if (options.deflate && !ws_deflated) faults.faults++;
    faults.lost = lines_sent * options.players - lines_shown + is_asking();
    if (options.workload == QUIZ && !counts.rounds) faults.lost++;
}

/* What the server needs for connections that wait. */
static void rest(void)
{
    struct usage before, after;
    usage_now(&before, &options.pids, &options.stores);
    run_for(options.duration);
    usage_now(&after, &options.pids, &options.stores);
    report_usage("", &before, &after);
}

int main(int argc, char **argv)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    began = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    options_parse(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    prepare();
    report_begin();
    bool seated = come_in();
    if (!seated && !faults.first[0])
        snprintf(faults.first, sizeof faults.first, "%u of %u are seated", conns_joined, conns_wanted());
    if (seated && options.workload != STORM && options.workload != IDLE) play();
    if (seated && options.workload == IDLE && options.duration > 0) rest();
    if (options.close_rooms && options.dialect->close) {
        for (uint32_t r = 0; r < options.rooms; r++) options.dialect->close(&conns[(size_t)r * options.players]);
        run_for(options.settle);
    }
    for (uint32_t r = 0; options.names && r < options.rooms; r++) printf("room %s %s\n", rooms[r].name, rooms[r].game);
    report_number("faults", "", (double)faults.faults);
    report_number("ended", "connections", (double)faults.ended);
    report_number("lost", "", (double)faults.lost);
    bool ok = write_tokens() && seated && !faults.faults && !faults.ended && !faults.lost;
    report_end(ok, faults.first);
    for (uint32_t i = 0; i < conns_wanted(); i++) ws_close(&conns[i].ws);
    return !ok;
}
