#pragma once

#include <stdint.h>

// The machine under a simulated cluster: a clock that moves only when it is told to, and chance that follows from a seed.
//
// The functions replace those of the C library for the whole executable they are linked into, the Swift runtime included. Until
// `simulated_machine_begin` is called they do what the C library does.

// What CLOCK_MONOTONIC and CLOCK_BOOTTIME say, nanoseconds.
extern int64_t simulated_monotonic_ns;
// What CLOCK_REALTIME says, nanoseconds since 1970.
extern int64_t simulated_realtime_ns;

// From here on time stands still, and random numbers follow from the seed. May be called again with another seed.
void simulated_machine_begin(uint64_t seed);

// The kernel's monotonic clock, nanoseconds.
int64_t actual_monotonic_ns(void);
