/* What a run says: a line a figure on standard output, and all of them as one line of JSON. */
#ifndef REPORT_H
#define REPORT_H

#include "histogram.h"
#include "usage.h"

#include <stdint.h>

void report_begin(void);
void report_number(const char *name, const char *unit, double value);
/* Microseconds. Nothing when nothing was recorded. */
void report_histogram(const char *name, const struct histogram *h);
/* - prefix: put before each name. */
void report_usage(const char *prefix, const struct usage *before, const struct usage *after);
/* Ends the report; the run was void unless `ok`. */
void report_end(int ok, const char *fault);

#endif
