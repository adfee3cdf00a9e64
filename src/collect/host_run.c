/* host_run.c - see host_run.h. */
#include "collect/host_run.h"
#include "base/cursor.h"
#include "base/limits.h"
#include "collect/host/walk.h"
#include "os/ipc.h"
#include "os/jail.h"
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum message { MESSAGE_BEGINS = 1, MESSAGE_TABLE = 2 };
enum { GRACE_MS = 2000, TABLE_ARENA_BYTES_MAX = 1 << 30, RECORD_BYTES_MAX = LIMIT_BLOB_BYTES };

/* ---- which tables ---- */

static size_t pick_all(const struct host_table **out)
{
    static const enum table_origin order[] = {FROM_FILES, FROM_KERNEL, FROM_WALK}; /* what may take long comes last */
    size_t count = 0;
    for (size_t o = 0; o < sizeof(order) / sizeof(order[0]); o++)
        for (size_t i = 0; host_tables[i]; i++)
            if (host_tables[i]->origin == order[o] && !host_tables[i]->is_live_only)
                out[count++] = host_tables[i];
    return count;
}

static bool is_named(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

bool host_run_tables(struct arena *a, const char *const *names, size_t name_count, const struct host_table *const **ret,
                     size_t *ret_count, struct err *e)
{
    size_t total = 0, count = 0;
    while (host_tables[total])
        total++;
    const struct host_table **list = arena_array(a, total, sizeof(*list));
    for (size_t i = 0; i < name_count; i++) {
        const struct host_table *t = host_table_find(str_of(names[i]));
        if (!t)
            return err_set(e, ERR_NOT_FOUND, "there is no table %s; assay tables lists them", names[i]);
        if (t->is_live_only)
            return err_set(e, ERR_INVALID, "table %s is read live only (assay query), never captured", names[i]);
    }
    size_t all = pick_all(list);
    for (size_t i = 0; i < all; i++)
        if (name_count == 0 || is_named(names, name_count, list[i]->schema->name))
            list[count++] = list[i];
    *ret = list;
    *ret_count = count;
    return true;
}

/* ---- the child ---- */

struct gathering {
    const struct host_run *run;
    struct arena *arena; /* as long as the child: source, walk */
    struct source *source;
    struct walk *walk;
    int fd;
};

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void walk_if_needed(struct gathering *g, const struct host_table *t)
{
    if (t->origin != FROM_WALK || g->walk)
        return;
    struct err e = {0};
    struct walk *w = walk_new(g->arena, g->source);
    if (walk_run(w, &(struct walk_options){.deadline_ms = monotonic_ms() + host_table_time_limit_ms(t)}, &e))
        g->walk = w;
}

static void encode_plain(const struct gathered *got, struct buf *out)
{
    rows_encode(got->rows, out);
    buf_char(out, '\n');
    rows_encode(got->status, out);
}

static struct str first_reason(const struct gathered *got)
{
    for (size_t i = 0; i < got->status->row_count; i++) {
        const struct cell *reason = rows_cell(got->status, i, 4);
        if (reason->type == CELL_TEXT)
            return reason->text;
    }
    return STR("");
}

static void send_or_end(struct gathering *g, enum message type, const struct str *parts, size_t count)
{
    struct err e = {0};
    if (!ipc_send(g->fd, type, parts, count, -1, &e))
        _exit(0); /* nobody listens any more */
}

static void send_table(struct gathering *g, size_t index, const struct gathered *got, int64_t from_ms)
{
    const struct host_table *t = g->run->tables[index];
    struct buf BUF_AUTO head, plain, record;
    buf_init(&head, 4096);
    buf_init(&plain, LIMIT_BLOB_BYTES);
    buf_init(&record, RECORD_BYTES_MAX);
    encode_plain(got, &plain);
    struct arena *spare = NULL;
    struct gathered none;
    if (plain.full) {
        spare = arena_new("a table too large to keep", 1 << 20);
        none = host_table_none(spare, t->schema, "its rows are larger than 128 MiB");
        got = &none;
        buf_clear(&plain);
        plain.full = false;
        encode_plain(got, &plain);
    }
    bool has_record = t->origin == FROM_FILES, is_complete = true;
    if (has_record)
        source_record(g->source, &record, &is_complete);
    struct str reason = str_slice(first_reason(got), 0, 400);
    buf_u32be(&head, (uint32_t)index);
    buf_u32be(&head, (uint32_t)got->state);
    buf_u64be(&head, (uint64_t)from_ms);
    buf_u64be(&head, (uint64_t)env_now_ms(g->run->env));
    buf_u64be(&head, got->rows->row_count);
    buf_u32be(&head, has_record && !record.full);
    buf_u32be(&head, (uint32_t)reason.size);
    buf_u64be(&head, plain.size);
    buf_str(&head, reason);
    send_or_end(g, MESSAGE_TABLE, (const struct str[]){buf_view(&head), buf_view(&plain), buf_view(&record)}, 3);
    arena_free(spare);
}

static void gather_table(struct gathering *g, size_t index)
{
    const struct host_table *t = g->run->tables[index];
    struct buf BUF_AUTO begins;
    buf_init(&begins, 16);
    buf_u32be(&begins, (uint32_t)index);
    send_or_end(g, MESSAGE_BEGINS, (const struct str[]){buf_view(&begins)}, 1);
    int64_t from_ms = env_now_ms(g->run->env);
    struct arena *a = arena_new("a table", TABLE_ARENA_BYTES_MAX);
    struct arena *volatile spare = NULL;
    jmp_buf trap;
    if (t->origin == FROM_FILES)
        source_record_begin(g->source);
    struct gathered got;
    if (setjmp(trap) == 0) {
        arena_trap(a, &trap);
        walk_if_needed(g, t);
        got = host_table_gather(t, a, g->source, g->walk, NULL, 0);
        arena_trap(a, NULL);
    } else {
        spare = arena_new("a table that did not fit", 1 << 20);
        got = host_table_none(spare, t->schema, "reading it needs more than 1 GiB of memory");
    }
    send_table(g, index, &got, from_ms);
    arena_free(spare);
    arena_free(a);
}

/* Never returns. Leaves without the parent's exit handlers: its buffers and databases are not ours. */
static _Noreturn void child_main(const struct host_run *run, size_t first, int fd, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    struct err e = {0};
    struct gathering g = {.run = run, .fd = fd, .arena = arena_new("gathering", TABLE_ARENA_BYTES_MAX)};
    g.source = run->root ? source_tree(g.arena, run->root, run->now_ms, &e) : source_live(g.arena, run->now_ms);
    /* It reads what nobody vouches for: from here on no network but netlink, no exec, and nothing on disk can be written. */
    struct jail jail = {.kind = run->root ? JAIL_READ_TREE : JAIL_READ};
    jail_allow(&jail, "/", false);
    if (!g.source || !jail_enter(&jail, &e))
        _exit(3);
    for (size_t i = first; i < run->table_count; i++)
        gather_table(&g, i);
    _exit(0);
}

/* ---- the parent ---- */

struct supervision {
    const struct host_run *run;
    struct arena *arena; /* of one answer made here */
    size_t next;         /* table to be told of */
    pid_t child;
    int fd;
};

static bool start_child(struct supervision *s, struct err *e)
{
    int fds[2];
    if (!ipc_pair(fds, e))
        return err_wrap(e, "start gathering");
    pid_t parent = getpid();
    fflush(NULL);
    s->child = fork();
    if (s->child < 0) {
        int number = errno;
        close(fds[0]);
        close(fds[1]);
        return err_errno(e, number, "start gathering");
    }
    if (s->child == 0) {
        close(fds[0]);
        child_main(s->run, s->next, fds[1], parent);
    }
    close(fds[1]);
    s->fd = fds[0];
    return true;
}

/* Ends the child whatever it does; ret_status as of waitpid. */
static int end_child(struct supervision *s)
{
    int status = 0;
    if (s->child > 0) {
        kill(s->child, SIGKILL);
        while (waitpid(s->child, &status, 0) < 0 && errno == EINTR)
            ;
        close(s->fd);
    }
    s->child = 0;
    return status;
}

static unsigned limit_of(const struct supervision *s)
{
    unsigned own = host_table_time_limit_ms(s->run->tables[s->next]);
    return (s->run->time_limit_ms ? s->run->time_limit_ms : own + GRACE_MS);
}

static bool tell_lost(struct supervision *s, const char *reason, int64_t from_ms, struct err *e)
{
    const struct host_table *t = s->run->tables[s->next];
    arena_reset(s->arena);
    struct gathered none = host_table_none(s->arena, t->schema, reason);
    struct buf BUF_AUTO plain;
    buf_init(&plain, 1 << 20);
    encode_plain(&none, &plain);
    struct collected_table c = {.table = t,
                                .state = TABLE_NONE,
                                .from_ms = from_ms,
                                .to_ms = env_now_ms(s->run->env),
                                .reason = str_of(reason),
                                .plain = buf_view(&plain)};
    s->next++;
    return s->run->each(s->run->context, &c, e);
}

static bool take_table(struct supervision *s, struct str body, struct err *e)
{
    struct cursor c = cursor_of(body);
    uint32_t index = cursor_u32be(&c), state = cursor_u32be(&c);
    struct collected_table t = {.from_ms = (int64_t)cursor_u64be(&c)};
    t.to_ms = (int64_t)cursor_u64be(&c);
    t.row_count = cursor_u64be(&c);
    bool has_record = cursor_u32be(&c) == 1;
    uint32_t reason_size = cursor_u32be(&c);
    uint64_t plain_size = cursor_u64be(&c);
    t.reason = cursor_take(&c, reason_size);
    t.plain = cursor_take(&c, plain_size);
    struct str record = cursor_take(&c, cursor_left(&c));
    if (c.failed || index != s->next || state > TABLE_NONE)
        return err_set(e, ERR_INTERNAL, "gathering: the child sent a malformed answer");
    t.table = s->run->tables[index];
    t.state = (enum table_state)state;
    t.record = has_record ? record : (struct str){0};
    s->next++;
    return s->run->each(s->run->context, &t, e);
}

/* The child stands before table s->next. Takes what it says of it, or says why it says nothing. */
static bool supervise_table(struct supervision *s, struct err *e)
{
    int64_t from_ms = env_now_ms(s->run->env);
    for (;;) {
        struct ipc_message m;
        bool is_closed = false;
        struct err failure = {0};
        if (!ipc_receive(s->fd, LIMIT_MESSAGE_BYTES, (int)limit_of(s), &m, &is_closed, &failure)) {
            int status = end_child(s);
            char reason[128];
            if (failure.code == ERR_TIMEOUT)
                snprintf(reason, sizeof(reason), "reading it took longer than its limit of %u ms", limit_of(s));
            else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
                snprintf(reason, sizeof(reason), "reading it ended the process that read it: signal %d (%s)", WTERMSIG(status),
                         strsignal(WTERMSIG(status)));
            else
                snprintf(reason, sizeof(reason), "reading it ended the process that read it (out of memory, or killed)");
            return tell_lost(s, reason, from_ms, e);
        }
        bool is_table = m.type == MESSAGE_TABLE;
        if (!is_table && s->run->begins)
            s->run->begins(s->run->context, s->run->tables[s->next]);
        bool is_ok = !is_table || take_table(s, buf_view(&m.body), e);
        buf_release(&m.body);
        if (is_table)
            return is_ok;
    }
}

static bool check_root(const struct host_run *run, struct err *e)
{
    if (!run->root)
        return true;
    struct arena *a = arena_new("root", 1 << 20);
    bool is_ok = source_tree(a, run->root, run->now_ms, e) != NULL;
    arena_free(a);
    return is_ok;
}

bool host_run(const struct host_run *run, struct err *e)
{
    if (!check_root(run, e))
        return false;
    struct supervision s = {.run = run, .arena = arena_new("gathering", 16 << 20)};
    bool is_ok = true;
    while (is_ok && s.next < run->table_count)
        is_ok = (s.child > 0 || start_child(&s, e)) && supervise_table(&s, e);
    end_child(&s);
    arena_free(s.arena);
    return is_ok;
}

bool host_reperform(struct arena *a, const struct host_table *table, struct str record, int64_t now_ms, struct str *ret_plain,
                    struct err *e)
{
    struct source *s = source_from_record(a, record, now_ms, e);
    if (!s)
        return false;
    if (!source_record_is_whole(s))
        return err_set(e, ERR_UNSUPPORTED, "a file of table %s was too large to keep: its digest is all there is", table->schema->name);
    struct gathered got = host_table_gather(table, a, s, NULL, NULL, 0);
    struct buf BUF_AUTO plain;
    buf_init(&plain, LIMIT_BLOB_BYTES);
    encode_plain(&got, &plain);
    *ret_plain = arena_str(a, buf_view(&plain));
    return true;
}
