#define _GNU_SOURCE
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const workload_names[] = {"bcast", "change", "quiz", "storm", "idle"};

struct options options = {
    .host = "127.0.0.1", .label = "", .cpu = -1, .rooms = 40, .players = 50, .depth = 1, .inflight = 64, .line_bytes = 11, .questions = 50,
    .window = 1, .warmup = 2, .duration = 8, .settle = 2, .seed = 1,
};

static void usage(void)
{
    fputs("usage: loadgen --dialect quizmania|raw|sio --port N[,N…] [option…]\n"
          "  --workload bcast|change|quiz|storm|idle   (bcast)\n"
          "  --rooms R --players P     (40 × 50)\n"
          "  --depth D                 bcast, change: under way in a room at once (1)\n"
          "  --rate N                  bcast, change: begun a second in all rooms; 0: the next when the last is done (0)\n"
          "  --window S                quiz: answers come within S seconds of the opening; 0: all at once (1)\n"
          "  --period S                quiz: a question a room every S seconds; bcast, change: a line is followed S seconds\n"
          "                            after it began; 0: the next when the last is done (0)\n"
          "  --questions N             quiz: of a game (50)\n"
          "  --line-bytes N            text of a line (11)\n"
          "  --inflight K              connections being set up at once (64)\n"
          "  --late-joins              nobody joins before everybody is connected\n"
          "  --close-rooms             the hosts close their rooms at the end\n"
          "  --names                   say which rooms there were, and their last games\n"
          "  --warmup S --duration S --settle S   (2, 8, 2)\n"
          "  --tls --deflate           TLS without a look at the certificate; permessage-deflate\n"
          "  --forwarded               every connection says it was forwarded for an address of its own\n"
          "  --tokens FILE             sign in with these, a line a connection; else as guests\n"
          "  --save-tokens FILE        keep the guests' tokens\n"
          "  --pids A,B --stores A,B   processes whose time and memory are the server's; whose time is its stores'\n"
          "  --cpu N                   stay on this processor\n"
          "  --host ADDRESS --seed N --label TEXT --json FILE\n",
          stderr);
    exit(2);
}

static double number(const char *text, double least, double most)
{
    char *end;
    double v = strtod(text, &end);
    if (end == text || *end || !(v >= least && v <= most)) {
        fprintf(stderr, "loadgen: %s is not a number from %g to %g.\n", text, least, most);
        exit(2);
    }
    return v;
}

static uint32_t count(const char *text, double least, double most) { return (uint32_t)number(text, least, most); }

static void parse_ports(const char *text)
{
    do {
        char *end;
        long port = strtol(text, &end, 10);
        if (end == text || port < 1 || port > 65535 || options.servers == SERVERS_MAX || (*end && *end != ',')) usage();
        options.ports[options.servers++] = (int)port;
        text = *end ? end + 1 : end;
    } while (*text);
}

static void parse_workload(const char *text)
{
    for (int i = 0; i <= IDLE; i++)
        if (!strcmp(text, workload_names[i])) {
            options.workload = (enum workload)i;
            return;
        }
    usage();
}

void options_parse(int argc, char **argv)
{
    enum { DIALECT = 256, HOST, PORT, WORKLOAD, ROOMS, PLAYERS, RATE, DEPTH, WINDOW, PERIOD, LINE, QUESTIONS, NAMES, INFLIGHT, LATE, CLOSE,
           WARMUP, DURATION, SETTLE, TLS, DEFLATE, FORWARDED, TOKENS, SAVE, PIDS, STORES, CPU, SEED, LABEL, JSON };
    static const struct option names[] = {
        {"dialect", 1, 0, DIALECT}, {"host", 1, 0, HOST}, {"port", 1, 0, PORT}, {"workload", 1, 0, WORKLOAD},
        {"rooms", 1, 0, ROOMS}, {"players", 1, 0, PLAYERS}, {"rate", 1, 0, RATE}, {"depth", 1, 0, DEPTH},
        {"window", 1, 0, WINDOW}, {"period", 1, 0, PERIOD}, {"line-bytes", 1, 0, LINE}, {"questions", 1, 0, QUESTIONS}, {"names", 0, 0, NAMES}, {"inflight", 1, 0, INFLIGHT},
        {"late-joins", 0, 0, LATE}, {"close-rooms", 0, 0, CLOSE}, {"warmup", 1, 0, WARMUP},
        {"duration", 1, 0, DURATION}, {"settle", 1, 0, SETTLE}, {"tls", 0, 0, TLS}, {"deflate", 0, 0, DEFLATE},
        {"forwarded", 0, 0, FORWARDED}, {"tokens", 1, 0, TOKENS}, {"save-tokens", 1, 0, SAVE}, {"pids", 1, 0, PIDS},
        {"stores", 1, 0, STORES}, {"cpu", 1, 0, CPU}, {"seed", 1, 0, SEED}, {"label", 1, 0, LABEL},
        {"json", 1, 0, JSON}, {0, 0, 0, 0}};
    struct options *o = &options;
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (c) {
        case DIALECT: o->dialect = dialect_named(optarg); break;
        case HOST: o->host = optarg; break;
        case PORT: parse_ports(optarg); break;
        case WORKLOAD: parse_workload(optarg); break;
        case ROOMS: o->rooms = count(optarg, 1, 100000); break;
        case PLAYERS: o->players = count(optarg, 1, PLAYERS_MAX); break;
        case RATE: o->rate = number(optarg, 0, 1e7); break;
        case DEPTH: o->depth = count(optarg, 1, UNDER_WAY_MAX); break;
        case WINDOW: o->window = number(optarg, 0, 25); break;
        case PERIOD: o->period = number(optarg, 0, 3600); break;
        case LINE: o->line_bytes = count(optarg, 1, 400); break;
        case QUESTIONS: o->questions = count(optarg, 1, 50); break;
        case NAMES: o->names = true; break;
        case INFLIGHT: o->inflight = count(optarg, 1, 100000); break;
        case LATE: o->late_joins = true; break;
        case CLOSE: o->close_rooms = true; break;
        case WARMUP: o->warmup = number(optarg, 0, 3600); break;
        case DURATION: o->duration = number(optarg, 0, 86400); break;
        case SETTLE: o->settle = number(optarg, 0, 3600); break;
        case TLS: o->tls = true; break;
        case DEFLATE: o->deflate = true; break;
        case FORWARDED: o->forwarded = true; break;
        case TOKENS: o->tokens = optarg; break;
        case SAVE: o->save_tokens = optarg; break;
        case PIDS: if (!processes_parse(&o->pids, optarg)) usage(); break;
        case STORES: if (!processes_parse(&o->stores, optarg)) usage(); break;
        case CPU: o->cpu = (int)number(optarg, 0, 1023); break;
        case SEED: o->seed = (uint64_t)number(optarg, 0, 1e15); break;
        case LABEL: o->label = optarg; break;
        case JSON: o->json = optarg; break;
        default: usage();
        }
    }
    if (optind != argc || !o->dialect || !o->servers) usage();
    if (o->workload == CHANGE_ALL && !o->dialect->change) usage();
}
