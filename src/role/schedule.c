/*
 * schedule.c - once a minute: does what the day asks for, and from eight in the morning sends the digests. Reads the database, writes through the keeper;
 * what goes out over the network goes through a process of its own (post), and uploaded files through another (inspect), both started before the jail.
 * A frame from the parent says that something came which it has to do with: it looks right away.
 *
 *   schedule DATA SECONDS      3: socket to the parent
 */
#include "base/times.h"
#include "os/ipc.h"
#include "os/jail.h"
#include "role/dispose_once.h"
#include "role/duties_once.h"
#include "role/inspect_once.h"
#include "role/people_once.h"
#include "role/recipes.h"
#include "role/roster_once.h"
#include "role/training_once.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { TRIAL_MS = 3000, DIGEST_HOUR = 8, RETRY_MS = 30 * 60 * 1000, SETTLE_MS = 500 };

struct schedule {
    struct data_dir dir;
    struct keeper_client *keeper;
    int64_t every_ms;
    int signals_fd, post_fd;
    struct os_child post, inspect, connect;
    struct roster_nights rosters;
    struct inspections inspections;
    struct people_seen people;
    struct risk_news risks;
    bool is_asked; /* something came: no waiting for the next round */
    int64_t look_ms; /* how long the last round took */
    int64_t digest_day;      /* told everybody on this day */
    int64_t digest_again_ms; /* monotonic: after a failure */
};

static bool digests_look(struct schedule *s, struct db *db, int64_t today, struct err *e)
{
    struct notices_sent sent = {0};
    if (!digests_send(s->keeper, &s->dir, db, &env_system, s->post_fd, today, STR(""), &sent, e))
        return false;
    if (sent.failed) {
        fprintf(stderr, "assay: schedule: %zu of %zu notices did not go out: %s; again in 30 min\n", sent.failed, sent.failed + sent.sent, sent.why);
        s->digest_again_ms = env_monotonic_ms(&env_system) + RETRY_MS;
    } else {
        s->digest_day = today;
    }
    return true;
}

static bool look(struct schedule *s, struct err *e)
{
    struct db *db = data_dir_projection(&s->dir, e);
    int64_t today;
    int hour;
    size_t changes;
    bool ok = db && local_date(db, env_now_ms(&env_system), &today, &hour, e) && duties_submit(s->keeper, db, &env_system, today, &changes, e);
    ok = ok && training_submit(s->keeper, db, &env_system, today, &changes, e);
    ok = ok && rosters_submit(&s->rosters, s->keeper, &s->dir, db, &env_system, today, hour, e);
    ok = ok && people_submit(s->keeper, db, &env_system, today, &s->people, &changes, e);
    ok = ok && risks_submit(s->keeper, db, &env_system, today, &s->risks, &changes, e);
    s->inspections.db = db;
    for (size_t looked = INSPECTIONS_MAX; ok && looked == INSPECTIONS_MAX;)
        ok = inspections_submit(&s->inspections, &looked, e);
    for (size_t looked = INSPECTIONS_MAX; ok && looked == INSPECTIONS_MAX;)
        ok = documents_submit(&s->inspections, &looked, e);
    ok = ok && dispositions_carry_out(s->keeper, &s->dir, db, &env_system, today, e);
    if (ok && hour >= DIGEST_HOUR && s->digest_day != today && env_monotonic_ms(&env_system) >= s->digest_again_ms)
        ok = digests_look(s, db, today, e);
    db_close(db);
    return ok;
}

/* Whatever the parent says, and however often, it is time to look. False: it is gone. */
static bool parent_said(void)
{
    struct pollfd more = {.fd = ROLE_FIRST_FD, .events = POLLIN};
    do {
        struct ipc_message m;
        struct err e = {0};
        if (!ipc_receive(ROLE_FIRST_FD, 4096, 1000, &m, NULL, &e))
            return false;
        buf_release(&m.body);
    } while (poll(&more, 1, 0) > 0);
    return true;
}

/* False: the parent is gone, or asked to end. */
static bool rest(struct schedule *s, int64_t ms)
{
    struct pollfd fds[] = {{.fd = ROLE_FIRST_FD, .events = POLLIN},
                           {.fd = s->signals_fd, .events = POLLIN},
                           {.fd = s->post.pidfd, .events = POLLIN},
                           {.fd = s->inspect.pidfd, .events = POLLIN},
                           {.fd = s->connect.pidfd, .events = POLLIN}};
    int n = poll(fds, 5, (int)ms);
    if (n < 0)
        return errno == EINTR;
    if (fds[1].revents) {
        int number = os_signals_next(s->signals_fd);
        return number != SIGTERM && number != SIGINT;
    }
    s->is_asked = s->is_asked || fds[0].revents;
    return !fds[2].revents && !fds[3].revents && !fds[4].revents && (!fds[0].revents || parent_said());
}

static bool trials_look(struct schedule *s, struct err *e)
{
    struct db *db = data_dir_projection(&s->dir, e);
    bool ok = db && trials_once(s->keeper, &s->dir, db, &env_system, s->post_fd, e);
    db_close(db);
    return ok;
}

/* Until the next round: as long as there is nothing to do, or four times as long as the last round took where something came, so that what changes all the
 * time does not have us look all the time. Whoever tests a channel waits in front of the page. False: ended, or e says what is wrong. */
static bool rest_and_try(struct schedule *s, struct err *e)
{
    int64_t now_ms = env_monotonic_ms(&env_system), until_ms = now_ms + s->every_ms, soonest_ms = now_ms + (4 * s->look_ms < s->every_ms ? 4 * s->look_ms : s->every_ms);
    s->is_asked = false;
    for (int64_t left_ms; (left_ms = (s->is_asked ? soonest_ms : until_ms) - now_ms) > 0;) {
        if (!rest(s, left_ms < TRIAL_MS ? left_ms : TRIAL_MS) || !trials_look(s, e))
            return false;
        now_ms = env_monotonic_ms(&env_system);
    }
    return true;
}

static bool look_and_time(struct schedule *s, struct err *e)
{
    int64_t begun_ms = env_monotonic_ms(&env_system);
    bool ok = look(s, e);
    s->look_ms = env_monotonic_ms(&env_system) - begun_ms;
    return ok;
}

static bool schedule_open(struct schedule *s, const char *path, struct err *e)
{
    char database[4096];
    snprintf(database, sizeof(database), "%s/db", path);
    struct jail jail = {.kind = JAIL_STORE};
    jail_allow(&jail, path, false);
    jail_allow(&jail, database, true); /* the database's own shared memory */
    jail_allow(&jail, "/usr/share/zoneinfo", false);
    s->signals_fd = os_signals_open(e);
    if (s->signals_fd < 0 || !post_start(&s->post, &s->post_fd, e) || !inspect_start(&s->inspect, &s->inspections.fd, e) || !role_helper_start("connect", &s->connect, &s->rosters.fd, e) || !data_dir_open(&s->dir, path, e))
        return false;
    while (!(s->keeper = keeper_connect(path, e))) /* it may just be starting */
        if (e->code != ERR_UNAVAILABLE || !rest(s, SETTLE_MS))
            return false;
    *e = (struct err){0};
    s->inspections.keeper = s->keeper;
    s->inspections.dir = &s->dir;
    s->inspections.env = &env_system;
    return jail_enter(&jail, e);
}

int role_schedule(int argc, char **argv)
{
    struct err e = {0};
    struct schedule s = {.dir = {.fd = -1}, .signals_fd = -1, .post_fd = -1, .post = OS_CHILD_NONE, .inspect = OS_CHILD_NONE, .connect = OS_CHILD_NONE};
    int64_t seconds;
    if (argc != 2 || !str_to_int64(str_of(argv[1]), &seconds) || seconds < 1)
        return 2;
    s.every_ms = seconds * MS_SECOND;
    bool ok = schedule_open(&s, argv[0], &e);
    while (ok && look_and_time(&s, &e) && rest_and_try(&s, &e)) {
    }
    os_child_end(&s.post, 2000);
    os_child_end(&s.inspect, 2000);
    os_child_end(&s.connect, 2000);
    keeper_close(s.keeper);
    data_dir_close(&s.dir);
    return e.code ? role_fail("schedule", &e) : 0;
}
