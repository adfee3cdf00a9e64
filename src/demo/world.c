/* world.c - see world.h. */
#include "demo/world.h"
#include "account/account.h"
#include "base/limits.h"
#include "keeper/kinds.h"
#include "keeper/signer.h"
#include "os/ipc.h"
#include "report/view_parameters.h"
#include "role/role.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FOREVER_BYTES_MAX = 1 << 30, STEP_BYTES_MAX = 0x7fffffff };

/* ---- clock and chance ---- */

static int64_t shared_now(void *context)
{
    return *(volatile int64_t *)((struct demo_world *)context)->clock_ms;
}

static int64_t still(void *context)
{
    (void)context;
    return 0;
}

static void real_random(void *context, void *ret, size_t size)
{
    (void)context;
    env_random(&env_system, ret, size);
}

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t world_random(struct demo_world *w)
{
    return mix(w->seed += UINT64_C(0x9e3779b97f4a7c15));
}

uint64_t world_pick(const struct demo_world *w, struct str text, uint64_t n)
{
    uint64_t z = UINT64_C(0x9e3779b97f4a7c15) ^ w->pick_seed;
    for (size_t i = 0; i < text.size; i++)
        z = mix(z + (unsigned char)text.data[i] + UINT64_C(0x9e3779b97f4a7c15));
    return n ? z % n : 0;
}

static void seeded_random(void *context, void *ret, size_t size)
{
    struct demo_world *w = context;
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)ret)[i] = (uint8_t)(world_random(w) >> 32);
}

void world_clock(struct demo_world *w, int64_t at_ms)
{
    if (at_ms > *w->clock_ms)
        *w->clock_ms = at_ms;
}

int64_t world_today(const struct demo_world *w)
{
    return day_of(*w->clock_ms);
}

/* ---- the two children ---- */

static int signer_child(const struct demo_world *w, int fd)
{
    struct err e = {0};
    struct signer *s = signer_open(w->data.fd, -1, &e);
    return s && signer_serve(s, fd, &e) ? 0 : 3;
}

/* A directory that is half made is thrown away: each operation need not be on the disk before the next one, so long as all are before the end. */
static int no_sync(void *context, int fd)
{
    (void)context;
    (void)fd;
    return 0;
}

static int keeper_child(const struct demo_world *w, int signer_fd, int client_fd)
{
    struct err e = {0};
    size_t kind_count;
    struct os_file_calls calls = os_file_real;
    const struct op_kind *kinds = role_op_kinds(&kind_count);
    calls.fsync = calls.fdatasync = no_sync;
    calls.syncfs = no_sync;
    struct keeper_options o = {.data_dir = w->data.path,
                               .kinds = kinds,
                               .kind_count = kind_count,
                               .env = &w->env,
                               .calls = &calls,
                               .signer_fd = signer_fd,
                               .client_fd = client_fd,
                               .signals_fd = -1};
    bool is_told = false, ok = keeper_run(&o, &is_told, &e);
    if (!ok && !is_told)
        fprintf(stderr, "assay: demo: keeper: %s\n", e.text);
    return ok ? 0 : 3;
}

static bool family_start(struct demo_world *w, struct err *e)
{
    int signer[2], keeper[2];
    if (!ipc_pair(signer, e) || !ipc_pair(keeper, e))
        return false;
    fflush(NULL);
    w->signer = fork();
    if (w->signer == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        close(signer[0]);
        close(keeper[0]);
        close(keeper[1]);
        _exit(signer_child(w, signer[1]));
    }
    w->keeper_child = w->signer > 0 ? fork() : -1;
    if (w->keeper_child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        close(signer[1]);
        close(keeper[0]);
        _exit(keeper_child(w, signer[0], keeper[1]));
    }
    close(signer[0]);
    close(signer[1]);
    close(keeper[1]);
    if (w->keeper_child < 0)
        return err_set(e, ERR_UNAVAILABLE, "demo: no child can be started");
    w->keeper = keeper_open_fd(keeper[0]);
    return w->keeper || err_set(e, ERR_UNAVAILABLE, "demo: the keeper did not start");
}

bool world_open(struct demo_world *w, const char *path, struct err *e)
{
    w->arena = arena_new("demo", FOREVER_BYTES_MAX);
    w->step = arena_new("step", STEP_BYTES_MAX);
    w->data.fd = -1;
    w->env = (struct env){shared_now, still, real_random, w};
    w->seeded = (struct env){shared_now, still, seeded_random, w};
    struct data_dir_init init = {.path = path, .host_name = "demo", .machine_id = STR("demo"), .env = &w->env};
    if (!data_dir_init(&init, e) || !data_dir_open(&w->data, path, e) || !family_start(w, e))
        return false;
    if (!keeper_register_keys(w->keeper, &w->data, e) || !keeper_flush(w->keeper, e) || !(w->db = data_dir_projection(&w->data, e)))
        return false;
    return (w->types = record_types_open(w->db, e)) != NULL;
}

bool world_seal(struct demo_world *w, struct err *e)
{
    return keeper_flush(w->keeper, e);
}

static bool child_ended(pid_t *pid)
{
    int status = 0;
    bool ok = *pid <= 0 || (waitpid(*pid, &status, 0) == *pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    *pid = 0;
    return ok;
}

bool world_close(struct demo_world *w, struct err *e)
{
    bool ok = !w->keeper || e->code || keeper_flush(w->keeper, e);
    record_types_close(w->types);
    record_types_forget();
    db_close(w->db);
    w->keeper = keeper_close(w->keeper);
    bool ended = child_ended(&w->keeper_child);
    ended = child_ended(&w->signer) && ended;
    if (w->data.fd >= 0) {
        if (ok && !e->code && os_file_real.syncfs(os_file_real.context, w->data.fd) != 0)
            ok = err_set(e, ERR_UNAVAILABLE, "%s: cannot be brought to the disk", w->data.path);
        data_dir_close(&w->data);
    }
    arena_free(w->step);
    arena_free(w->arena);
    munmap(w->clock_ms, sizeof(*w->clock_ms));
    return ok && (ended || e->code || err_set(e, ERR_UNAVAILABLE, "demo: the keeper failed"));
}

/* ---- names and days ---- */

void world_name(struct demo_world *w, struct str name, struct str type, struct str id)
{
    for (size_t i = 0; i < w->name_count; i++)
        if (str_equal(w->names[i].name, name)) {
            w->names[i].id = arena_str(w->arena, id);
            return;
        }
    if (w->name_count == w->name_capacity)
        w->names = arena_grow(w->arena, w->names, w->name_count, &w->name_capacity, sizeof(*w->names));
    w->names[w->name_count++] = (struct demo_name){arena_str(w->arena, name), arena_str(w->arena, type), arena_str(w->arena, id)};
}

struct str world_id(const struct demo_world *w, struct str name)
{
    for (size_t i = 0; i < w->name_count; i++)
        if (str_equal(w->names[i].name, name))
            return w->names[i].id;
    return STR("");
}

static bool month_day(const struct demo_world *w, struct str months, struct str day, int64_t *ret)
{
    int64_t n, d;
    if (!str_to_int64(months, &n))
        return false;
    int64_t all = (int64_t)w->year * 12 + (w->month - 1) + n;
    struct date first = {(int)(all / 12), (int)(all % 12) + 1, 1}, next = {(int)((all + 1) / 12), (int)((all + 1) % 12) + 1, 1};
    if (str_is(day, "first"))
        return *ret = day_of_date(first), true;
    if (str_is(day, "last"))
        return *ret = day_of_date(next) - 1, true;
    return str_to_int64(day, &d) && d >= 1 && d <= 28 && (*ret = day_of_date(first) + d - 1, true);
}

bool world_day(const struct demo_world *w, struct str text, int64_t today, int64_t *ret, struct err *e)
{
    struct str rest = text, head;
    int64_t n, d;
    if (rest.size && rest.data[0] == '=')
        rest = str_slice(rest, 1, rest.size);
    char kind = rest.size ? rest.data[0] : 0;
    if (kind == '+' && str_to_int64(str_slice(rest, 1, rest.size), &n))
        return *ret = today + n, true;
    if (kind == '-' && str_to_int64(rest, &n))
        return *ret = today + n, true;
    if (kind == 'w' || kind == 'm') {
        rest = str_slice(rest, 1, rest.size);
        bool has_day = str_cut(&rest, '.', &head);
        if (kind == 'm' && has_day && month_day(w, head, rest, ret))
            return true;
        if (kind == 'w' && has_day && str_to_int64(head, &n) && str_to_int64(rest, &d) && d >= 1 && d <= 7)
            return *ret = w->monday + n * 7 + d - 1, true;
    }
    return err_set(e, ERR_INVALID, "\"%.*s\" is no day of the story", STR_ARGS(text));
}

bool world_instant(const struct demo_world *w, struct str text, int64_t *ret_ms, struct err *e)
{
    struct str rest = text, day, hour;
    int64_t d, h, m;
    bool has_time = str_cut(&rest, ' ', &day);
    if (!has_time)
        day = text;
    if (!world_day(w, day, day_of(w->end_ms), &d, e))
        return false;
    *ret_ms = d * MS_DAY + 9 * MS_HOUR;
    if (!has_time)
        return true;
    if (!str_cut(&rest, ':', &hour) || !str_to_int64(hour, &h) || !str_to_int64(rest, &m) || h < 0 || h > 23 || m < 0 || m > 59)
        return err_set(e, ERR_INVALID, "\"%.*s\" is no instant of the story", STR_ARGS(text));
    *ret_ms = d * MS_DAY + h * MS_HOUR + m * MS_MINUTE;
    return true;
}

/* Days within words: "from {=m-8.first} on". */
static bool days_put(struct demo_world *w, struct arena *a, struct str text, struct str *ret, struct err *e)
{
    struct buf BUF_AUTO b;
    ptrdiff_t at, end;
    buf_init(&b, 1 << 20);
    while ((at = str_find(text, STR("{="))) >= 0 && (end = str_find(str_slice(text, (size_t)at, text.size), STR("}"))) >= 0) {
        int64_t day;
        if (!world_day(w, str_slice(text, (size_t)at + 1, (size_t)(at + end)), world_today(w), &day, e))
            return false;
        buf_str(&b, str_slice(text, 0, (size_t)at));
        buf_str(&b, day_text(a, day));
        text = str_slice(text, (size_t)(at + end) + 1, text.size);
    }
    buf_str(&b, text);
    *ret = arena_str(a, buf_view(&b));
    return true;
}

static struct json *value_of(struct demo_world *w, struct arena *a, const struct json *v, struct err *e)
{
    struct json *copy;
    if (v->type == JSON_OBJECT)
        return world_values(w, a, v, e);
    if (v->type == JSON_ARRAY) {
        copy = json_array(a);
        JSON_EACH (item, v) {
            struct json *one = value_of(w, a, item, e);
            if (!one)
                return NULL;
            json_push(copy, one);
        }
        return copy;
    }
    copy = ARENA_NEW(a, struct json);
    *copy = *v;
    copy->next = NULL;
    if (v->type != JSON_STRING || v->text.size < 2)
        return copy;
    if (str_is(v->text, "=now"))
        return json_new_int(a, *w->clock_ms);
    if (v->text.data[0] == '=') {
        int64_t day;
        if (!world_day(w, v->text, world_today(w), &day, e))
            return NULL;
        copy->text = day_text(a, day);
    }
    if (str_find(v->text, STR("{=")) >= 0 && !days_put(w, a, v->text, &copy->text, e))
        return NULL;
    if (v->text.data[0] == '@') {
        copy->text = world_id(w, str_slice(v->text, 1, v->text.size));
        if (copy->text.size == 0) {
            err_set(e, ERR_INVALID, "%.*s: nothing has this name yet", STR_ARGS(v->text));
            return NULL;
        }
    }
    return copy;
}

struct json *world_values(struct demo_world *w, struct arena *a, const struct json *values, struct err *e)
{
    struct json *o = json_object(a);
    JSON_EACH (v, values) {
        struct json *copy = value_of(w, a, v, e);
        if (!copy)
            return NULL;
        json_put(o, arena_str(a, v->key).data, copy);
    }
    return o;
}

/* ---- who ---- */

static void actor_add(struct demo_world *w, struct str name, struct str actor, struct str person)
{
    for (size_t i = 0; i < w->actor_count; i++)
        if (str_equal(w->actors[i].name, name)) {
            w->actors[i].actor = arena_str(w->arena, actor);
            return;
        }
    if (w->actor_count < DEMO_ACTORS_MAX)
        w->actors[w->actor_count++] = (struct demo_actor){arena_str(w->arena, name), arena_str(w->arena, actor), arena_str(w->arena, person)};
}

bool world_account(struct demo_world *w, struct str name, struct str login, struct str person_name, const char *const *roles, size_t role_count, int64_t until_ms, struct err *e)
{
    struct op op;
    char id[ACCOUNT_ID_SIZE];
    struct str person = world_id(w, person_name);
    struct record *p = person.size ? world_record(w, "person", person, e) : NULL;
    if (person.size && !p)
        return false;
    struct account_change change = {.login = login, .name = p ? record_title(p) : name, .email = p ? json_text(p->values, "email") : STR(""), .person = person,
                                    .kind = STR("local"), .valid_until_ms = until_ms, .roles = {(const char **)(uintptr_t)roles, role_count}};
    if (!account_op(&w->seeded, w->step, &change, STR("local:admin"), "cli", &op, id, e))
        return false;
    struct str actor = account_actor(w->arena, str_of(id));
    if (!world_submit(w, &op, NULL, e))
        return false;
    actor_add(w, name, actor, person);
    return true;
}

const struct demo_actor *world_actor(const struct demo_world *w, struct str name, struct err *e)
{
    static const struct demo_actor admin = {{"admin", 5}, {"local:admin", 11}, {"", 0}}, system = {{"system", 6}, {"system:schedule", 15}, {"", 0}};
    if (str_is(name, "admin"))
        return &admin;
    if (str_is(name, "system"))
        return &system;
    for (size_t i = 0; i < w->actor_count; i++)
        if (str_equal(w->actors[i].name, name))
            return &w->actors[i];
    err_set(e, ERR_INVALID, "%.*s: nobody acts by this name", STR_ARGS(name));
    return NULL;
}

const struct demo_actor *world_actor_of_person(const struct demo_world *w, struct str person)
{
    for (size_t i = 0; i < w->actor_count; i++)
        if (person.size && str_equal(w->actors[i].person, person))
            return &w->actors[i];
    return NULL;
}

bool world_access(struct demo_world *w, struct str who, struct access *ret, struct err *e)
{
    const struct demo_actor *actor = world_actor(w, who, e);
    if (!actor || !access_read(w->db, w->step, actor->actor, *w->clock_ms, ret, e))
        return false;
    ret->has_stepped_up = true;
    ret->step = "passkey";
    return true;
}

/* ---- doing ---- */

struct record *world_record(struct demo_world *w, const char *type, struct str id, struct err *e)
{
    const struct record_type *t = record_types_find(w->types, str_of(type));
    if (!t) {
        err_set(e, ERR_INVALID, "%s: no such type", type);
        return NULL;
    }
    return record_get(w->db, w->step, t, id, INT64_MAX, e);
}

void world_step_done(struct demo_world *w)
{
    arena_reset(w->step);
}

bool world_submit(struct demo_world *w, struct op *op, struct json **ret_answer, struct err *e)
{
    struct json *answer = NULL;
    if (!keeper_submit(w->keeper, w->step, op, &answer, e))
        return false;
    w->leaf = json_int(answer, "leaf", w->leaf);
    w->operations++;
    if (ret_answer)
        *ret_answer = answer;
    else
        world_step_done(w);
    return true;
}

bool world_do_typed(struct demo_world *w, struct str who, struct record_change *changes, size_t count, struct json **ret_answer, struct err *e)
{
    struct access x;
    struct op op;
    return world_access(w, who, &x, e) && record_number(w->db, w->step, changes, count, e) && record_op(&w->env, w->step, changes, count, &x, &op, e) && world_submit(w, &op, ret_answer, e);
}

/* Text becomes what the fields are. */
static bool text_read(struct demo_world *w, struct record_change *c, const struct access *x, struct err *e)
{
    const struct record_type *t = record_types_find(w->types, c->type);
    if (!t)
        return err_set(e, ERR_INVALID, "%.*s: no such type", STR_ARGS(c->type));
    struct record *r = c->act == RECORD_CREATE ? &(struct record){.type = t, .values = json_object(w->step)} : record_get(w->db, w->step, t, c->id, INT64_MAX, e);
    if (!r)
        return false;
    struct json *problems = record_check_of(w->db, w->step, t, r, c->set, true, c->files, c->file_count, e);
    JSON_EACH (p, problems)
        return err_set(e, ERR_INVALID, "%.*s %.*s: %.*s: %.*s", STR_ARGS(c->type), STR_ARGS(c->id), STR_ARGS(json_text(p, "field")), STR_ARGS(json_text(p, "why")));
    if (problems && c->act == RECORD_CREATE)
        record_defaults(t, c->set, x, *w->clock_ms);
    return problems != NULL;
}

bool world_do(struct demo_world *w, struct str who, struct record_change *changes, size_t count, struct json **ret_answer, struct err *e)
{
    struct access x;
    if (!world_access(w, who, &x, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!text_read(w, &changes[i], &x, e))
            return false;
    return world_do_typed(w, who, changes, count, ret_answer, e);
}

bool world_change(struct demo_world *w, const char *type, enum record_act act, struct str id, const char *transition, struct json *set, const char *why, struct record_change *ret,
                  struct err *e)
{
    *ret = (struct record_change){.type = str_of(type), .id = id, .act = act, .transition = str_of(transition ? transition : ""), .set = set ? set : json_object(w->step),
                                  .why = str_of(why ? why : ""), .is_sure = true};
    if (act == RECORD_CREATE)
        return true;
    struct record *r = world_record(w, type, id, e);
    if (r)
        ret->version = r->version;
    return r != NULL;
}

bool world_view(struct demo_world *w, struct access *x, struct view *ret_view, struct view_records *ret_records, struct err *e)
{
    *ret_view = (struct view){.db = w->db, .arena = w->step, .now_ms = *w->clock_ms, .data = &w->data};
    *ret_records = (struct view_records){.types = w->types, .access = x};
    return view_open(ret_view, 0, e);
}

struct str world_answer_id(const struct json *answer, size_t place)
{
    return json_text(json_at(json_get(answer, "records"), place), "id");
}

struct str world_text(struct demo_world *w, const char *text)
{
    struct err ignored = {0};
    struct view v = {.db = w->db, .arena = w->step, .now_ms = *w->clock_ms};
    return strstr(text, "{{") && view_open(&v, 0, &ignored) ? view_text(&v, str_of(text)) : str_of(text);
}
