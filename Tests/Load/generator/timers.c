#include "timers.h"

#include <stdio.h>
#include <stdlib.h>

static struct timer *heap;
static size_t count, capacity;

void timer_add(uint64_t at, enum timer_kind kind, uint32_t index)
{
    if (count == capacity) {
        capacity = capacity ? capacity * 2 : 1024;
        heap = realloc(heap, capacity * sizeof *heap);
        if (!heap) { perror("realloc"); exit(1); }
    }
    size_t i = count++;
    for (; i && heap[(i - 1) / 2].at > at; i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
    heap[i] = (struct timer){at, kind, index};
}

uint64_t timer_next(void) { return count ? heap[0].at : UINT64_MAX; }

struct timer timer_pop(void)
{
    struct timer top = heap[0], last = heap[--count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < count; i = child) {
        if (child + 1 < count && heap[child + 1].at < heap[child].at) child++;
        if (heap[child].at >= last.at) break;
        heap[i] = heap[child];
    }
    heap[i] = last;
    return top;
}
