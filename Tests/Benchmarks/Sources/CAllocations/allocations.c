#include "allocations.h"

/* First, so that it is known whose library this is. */
#include <errno.h>

#ifdef __GLIBC__
#include <stdatomic.h>
#include <stddef.h>

/* A program's own definitions come before those of glibc, also for the libraries it uses; glibc's stay reachable under these names. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_ulong count, bytes;

static void note(size_t n)
{
    atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&bytes, n, memory_order_relaxed);
}

void *malloc(size_t n)
{
    note(n);
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t each)
{
    note(n * each);
    return __libc_calloc(n, each);
}

void *realloc(void *old, size_t n)
{
    note(n);
    return __libc_realloc(old, n);
}

void *memalign(size_t alignment, size_t n)
{
    note(n);
    return __libc_memalign(alignment, n);
}

void *aligned_alloc(size_t alignment, size_t n) { return memalign(alignment, n); }

int posix_memalign(void **out, size_t alignment, size_t n)
{
    *out = memalign(alignment, n);
    return *out ? 0 : ENOMEM;
}

unsigned long allocations_count(void) { return atomic_load_explicit(&count, memory_order_relaxed); }
unsigned long allocations_bytes(void) { return atomic_load_explicit(&bytes, memory_order_relaxed); }
#else
unsigned long allocations_count(void) { return 0; }
unsigned long allocations_bytes(void) { return 0; }
#endif
