/*
 * clock.h - how far the wall clock can be trusted, as the kernel has it (adjtimex): disciplined by a time service, or running free.
 * Reads only; where the call is refused the answer is CLOCK_UNKNOWN.
 */
#ifndef OS_CLOCK_H
#define OS_CLOCK_H

#include <stdint.h>

enum clock_source { CLOCK_UNKNOWN, CLOCK_LOCAL, CLOCK_NTP };
struct clock_state {
    enum clock_source source;
    int64_t error_ms; /* the kernel's maximum error, rounded up; -1: unknown */
};
struct clock_state os_clock_state(void);
const char *os_clock_source_name(enum clock_source s); /* "ntp", "local", "unknown" */

#endif
