#pragma once

#include <stdint.h>

// The machine under a simulated cluster: a clock that moves only when it is told to, and chance that follows from a seed.
//
// The functions replace those of the C library for the whole executable they are linked into, the Swift runtime included. Until
// `simulated_machine_begin` is called they do what the C library does.

// From here on time stands still, and random numbers follow from the seed. May be called again with another seed.
void simulated_machine_begin(uint64_t seed);

// What the clocks say from here on, nanoseconds: CLOCK_MONOTONIC and CLOCK_BOOTTIME, and CLOCK_REALTIME since 1970.
void simulated_machine_set_clocks(int64_t monotonic_ns, int64_t realtime_ns);

// The kernel's monotonic clock, nanoseconds.
int64_t actual_monotonic_ns(void);
