#include "os/clock.h"

#include <sys/timex.h>

/* clock_adjtime and not adjtimex: jails refuse the latter, which has no other use than setting. With modes 0 nothing is set, and a
 * process without CAP_SYS_TIME could not. */
struct clock_state os_clock_state(void)
{
    struct timex t = {.modes = 0};
    int state = clock_adjtime(CLOCK_REALTIME, &t);
    if (state < 0)
        return (struct clock_state){CLOCK_UNKNOWN, -1};
    return (struct clock_state){state == TIME_ERROR || (t.status & STA_UNSYNC) ? CLOCK_LOCAL : CLOCK_NTP, (t.maxerror + 999) / 1000};
}

const char *os_clock_source_name(enum clock_source s)
{
    static const char *const names[] = {"unknown", "local", "ntp"};
    return names[s];
}
