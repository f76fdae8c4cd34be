/* Log-linear latency histogram (HDR-like): 64 linear sub-buckets per power of
 * two; a quantile is reported as its bucket's upper end, at most 1.6 % too high.
 * Values are nanoseconds; recording is two shifts and an increment. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>
#include <string.h>

#define HIST_SUB_BITS 7
#define HIST_SUB (1u << HIST_SUB_BITS)
#define HIST_BUCKETS ((64 - HIST_SUB_BITS) * HIST_SUB)

struct histogram {
    uint64_t count, max, min;
    double sum;
    uint64_t bucket[HIST_BUCKETS];
};

static inline void hist_reset(struct histogram *h)
{
    memset(h, 0, sizeof *h);
    h->min = UINT64_MAX;
}

static inline unsigned hist_index(uint64_t v)
{
    if (v < HIST_SUB)
        return (unsigned)v;
    unsigned shift = 63u - (unsigned)__builtin_clzll(v) - (HIST_SUB_BITS - 1);
    /* v >> shift is in [HIST_SUB/2, HIST_SUB) */
    return shift * (HIST_SUB / 2) + (unsigned)(v >> shift);
}

/* Highest value that falls into bucket i. */
static inline uint64_t hist_upper(unsigned i)
{
    if (i < HIST_SUB)
        return i;
    unsigned shift = (i - HIST_SUB / 2) / (HIST_SUB / 2);
    uint64_t top = i - (uint64_t)shift * (HIST_SUB / 2);
    return ((top + 1) << shift) - 1;
}

static inline void hist_add(struct histogram *h, uint64_t v)
{
    h->bucket[hist_index(v)]++;
    h->count++;
    h->sum += (double)v;
    if (v > h->max) h->max = v;
    if (v < h->min) h->min = v;
}

/* q in 0..1; 0 when nothing was recorded. */
static inline uint64_t hist_quantile(const struct histogram *h, double q)
{
    if (!h->count)
        return 0;
    uint64_t want = (uint64_t)(q * (double)h->count + 0.5), seen = 0;
    if (want < 1) want = 1;
    if (want > h->count) want = h->count;
    for (unsigned i = 0; i < HIST_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen >= want) {
            uint64_t v = hist_upper(i);
            return v > h->max ? h->max : v;
        }
    }
    return h->max;
}

static inline double hist_mean(const struct histogram *h)
{
    return h->count ? h->sum / (double)h->count : 0;
}

#endif
