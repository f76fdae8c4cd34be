#include "report.h"

#include "options.h"

#include <stdio.h>

static FILE *json;

/* Texts here are our own labels or parts of what a server sent; whatever JSON forbids in them is left out. */
static void write_text(const char *text)
{
    for (; *text; text++)
        if (*text != '"' && *text != '\\' && (unsigned char)*text >= ' ') fputc(*text, json);
}

void report_begin(void)
{
    const struct options *o = &options;
    printf("%s %s %s %u x %u\n", o->label, o->dialect->name, workload_names[o->workload], o->rooms, o->players);
    if (!o->json) return;
    json = fopen(o->json, "a");
    if (!json) { perror(o->json); return; }
    fputs("{\"label\":\"", json);
    write_text(o->label);
    fprintf(json, "\",\"dialect\":\"%s\",\"workload\":\"%s\",\"rooms\":%u,\"players\":%u,\"depth\":%u,\"rate\":%g,"
            "\"window\":%g,\"period\":%g,\"tls\":%s,\"deflate\":%s,\"nodes\":%u",
            o->dialect->name, workload_names[o->workload], o->rooms, o->players, o->depth, o->rate, o->window, o->period,
            o->tls ? "true" : "false", o->deflate ? "true" : "false", o->servers);
}

void report_number(const char *name, const char *unit, double value)
{
    printf("  %-28s %14.3f %s\n", name, value, unit);
    if (json) fprintf(json, ",\"%s\":%.6g", name, value);
}

void report_histogram(const char *name, const struct histogram *h)
{
    static const struct { const char *name; double q; } quantiles[] = {
        {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}};
    if (!h->count) return;
    printf("  %-28s", name);
    if (json) fprintf(json, ",\"%s\":{\"count\":%llu", name, (unsigned long long)h->count);
    for (unsigned i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        double us = (double)hist_quantile(h, quantiles[i].q) / 1e3;
        printf(" %s %.0f", quantiles[i].name, us);
        if (json) fprintf(json, ",\"%s\":%.1f", quantiles[i].name, us);
    }
    printf(" max %.0f us (%llu)\n", (double)h->max / 1e3, (unsigned long long)h->count);
    if (json) fprintf(json, ",\"max\":%.1f}", (double)h->max / 1e3);
}

void report_usage(const char *prefix, const struct usage *a, const struct usage *b)
{
    double wall = b->wall - a->wall, servers = b->servers - a->servers, stores = b->stores - a->stores;
    double self = b->self - a->self, busy = b->machine_busy - a->machine_busy;
    const struct { const char *name, *unit; double value; } figures[] = {
        {"wall_s", "s", wall},
        {"server_cpu_s", "s", servers},
        {"server_user_s", "s", b->servers_user - a->servers_user},
        {"server_system_s", "s", b->servers_system - a->servers_system},
        {"store_cpu_s", "s", stores},
        {"server_cpu_share", "of a processor", servers / wall},
        {"generator_cpu_share", "of a processor", self / wall},
        {"other_cpu_share", "of a processor: noise", (busy - servers - self - stores) / wall},
        {"stolen_share", "of a processor", (b->machine_stolen - a->machine_stolen) / wall},
    };
    for (unsigned i = 0; i < sizeof figures / sizeof *figures; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", prefix, figures[i].name);
        report_number(name, figures[i].unit, figures[i].value);
    }
}

void report_end(int ok, const char *fault)
{
    if (*fault) printf("  first fault: %s\n", fault);
    printf("  %s\n", ok ? "ok" : "VOID");
    if (!json) return;
    fputs(",\"fault\":\"", json);
    write_text(fault);
    fprintf(json, "\",\"ok\":%s}\n", ok ? "true" : "false");
    fclose(json);
}
