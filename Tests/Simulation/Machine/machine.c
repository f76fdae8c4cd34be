#define _GNU_SOURCE
#include "CSimulatedMachine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>

static bool is_simulated = false;
static int64_t simulated_monotonic_ns = 0;
static int64_t simulated_realtime_ns = 0;
static uint64_t random_state = 0;

// SplitMix64 (Steele, Lea, Flood 2014).
static uint64_t next_random(void) {
    uint64_t bits = random_state += 0x9e3779b97f4a7c15u;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
    return bits ^ (bits >> 31);
}

static void fill_with_random(unsigned char *bytes, size_t count) {
    while (count > 0) {
        uint64_t bits = next_random();
        for (int i = 0; i < 8 && count > 0; i++, count--, bits >>= 8) *bytes++ = (unsigned char)bits;
    }
}

// Asks the kernel itself. Returns minus the error number when it refuses.
static long kernel(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
#else
#error "The simulation runs on Linux, x86-64 and arm64."
#endif
}

static int answer(long result) {
    if (result >= 0) return (int)result;
    errno = (int)-result;
    return -1;
}

void simulated_machine_begin(uint64_t seed) {
    random_state = seed;
    is_simulated = true;
}

void simulated_machine_set_clocks(int64_t monotonic_ns, int64_t realtime_ns) {
    simulated_monotonic_ns = monotonic_ns;
    simulated_realtime_ns = realtime_ns;
}

int64_t actual_monotonic_ns(void) {
    struct timespec now = {0, 0};
    kernel(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0, 0, 0);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

// Every clock of NIO, of Swift's `ContinuousClock` and of Foundation ends here.
int clock_gettime(clockid_t clock, struct timespec *now) {
    int64_t ns;
    switch (is_simulated ? clock : CLOCK_PROCESS_CPUTIME_ID) {
        case CLOCK_MONOTONIC:
        case CLOCK_MONOTONIC_RAW:
        case CLOCK_MONOTONIC_COARSE:
        case CLOCK_BOOTTIME: ns = simulated_monotonic_ns; break;
        case CLOCK_REALTIME:
        case CLOCK_REALTIME_COARSE: ns = simulated_realtime_ns; break;
        default: return answer(kernel(SYS_clock_gettime, clock, (long)now, 0, 0, 0, 0));
    }
    now->tv_sec = ns / 1000000000;
    now->tv_nsec = ns % 1000000000;
    return 0;
}

// `SystemRandom` draws here.
int getentropy(void *bytes, size_t count) {
    if (is_simulated) {
        fill_with_random(bytes, count);
        return 0;
    }
    long drawn = kernel(SYS_getrandom, (long)bytes, (long)count, 0, 0, 0, 0);
    if (drawn == (long)count) return 0;
    errno = drawn < 0 ? (int)-drawn : EIO;
    return -1;
}

// Swift's `SystemRandomNumberGenerator` and BoringSSL draw through `syscall(SYS_getrandom, …)`.
long syscall(long number, ...) {
    va_list list;
    va_start(list, number);
    long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
    long d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
    va_end(list);
    if (is_simulated && number == SYS_getrandom) {
        fill_with_random((unsigned char *)a, (size_t)b);
        return b;
    }
    long result = kernel(number, a, b, c, d, e, f);
    if (result >= 0 || result < -4095) return result;
    errno = (int)-result;
    return -1;
}
