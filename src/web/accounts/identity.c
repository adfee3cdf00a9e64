/* identity.c - who asks, and what that one may at this moment. Runs for every request, on the I/O thread and again on the worker. */
#include "base/times.h"
#include "web/accounts/accounts.h"

enum { KNOWN_MAX = 64, KNOWN_MS = 1000 };

/* What the projection said of an actor a moment ago. */
struct known {
    char actor[SESSION_ACTOR_SIZE];
    int64_t data_version, inode, read_at_ms;
    uint32_t rights;
    bool has_second_factor;
    int factors_min; /* for more than the own page */
};

struct known_actors {
    struct known items[KNOWN_MAX]; /* guarded by site.state_mutex */
};

struct known_actors *known_actors_new(void)
{
    return calloc(1, sizeof(struct known_actors));
}

struct known_actors *known_actors_free(struct known_actors *k)
{
    free(k);
    return NULL;
}

static struct known *known_slot(struct site *s, const char *actor)
{
    size_t hash = 5381;
    for (const char *p = actor; *p; p++)
        hash = hash * 33 + (unsigned char)*p;
    return &s->known->items[hash % KNOWN_MAX];
}

static bool read_rights(struct site *s, struct str actor, int64_t now_ms, struct known *ret)
{
    struct err e = {0};
    struct str account = actor_account(actor);
    ret->rights = 0;
    ret->has_second_factor = false;
    ret->factors_min = 2;
    if (!s->state_db)
        return false;
    if (!actor_permissions(s->state_db, actor, now_ms, &ret->rights, &e))
        return false;
    ret->factors_min = (int)sign_in_factors_min(s->state_db, &e);
    ret->has_second_factor =
        account.size && db_one_int(s->state_db, &e, 0,
                                   "select count(*) from credential where account = ?1 and removed_leaf is null and kind in ('totp', 'passkey')",
                                   A(account)) > 0;
    return e.code == ERR_NONE;
}

/* The rights of an actor, from the projection; none when that cannot be read. */
static void site_rights(struct site *s, const char *actor, int64_t now_ms, struct known *ret)
{
    struct cache_state state;
    site_state(s, now_ms, &state);
    pthread_mutex_lock(&s->state_mutex);
    struct known *known = known_slot(s, actor);
    bool is_fresh = strcmp(known->actor, actor) == 0 && known->data_version == state.data_version && known->inode == state.inode &&
                    state.data_version >= 0 && now_ms >= known->read_at_ms && now_ms - known->read_at_ms < KNOWN_MS;
    if (!is_fresh) {
        *known = (struct known){.data_version = state.data_version, .inode = state.inode, .read_at_ms = now_ms};
        if (read_rights(s, str_of(actor), now_ms, known))
            snprintf(known->actor, sizeof(known->actor), "%s", actor);
        else
            known->rights = 0;
    }
    *ret = *known;
    pthread_mutex_unlock(&s->state_mutex);
}

static bool is_local_admin(const char *actor)
{
    return strcmp(actor, "local:admin") == 0;
}

static uint32_t local_rights(void)
{
    return role_permissions(content_role(STR("administrator"))) | role_permissions(content_role(STR("compliance_lead")));
}

/* A program that carries a token: it may what the token's scope and the account's roles both allow. */
static bool bearer(struct site *s, const struct http_request *r, struct str text, int64_t now_ms, struct identity *ret)
{
    struct str peer = str_of(r->peer);
    int64_t monotonic_ms = env_monotonic_ms(s->env);
    struct err e = {0};
    struct known known;
    struct cache_state state;
    if (guess_wait_ms(s->guesses, peer, 4 * GUESS_FREE, monotonic_ms))
        return false;
    site_state(s, now_ms, &state); /* opens what it takes */
    struct arena *a = arena_new("token", 1 << 20);
    pthread_mutex_lock(&s->state_mutex);
    struct token *token = s->state_db ? token_find(s->state_db, a, text, now_ms, &e) : NULL;
    pthread_mutex_unlock(&s->state_mutex);
    if (token) {
        ret->is_signed_in = ret->is_token = true;
        snprintf(ret->session.actor, sizeof(ret->session.actor), "account:%s", token->account);
        snprintf(ret->session.id, sizeof(ret->session.id), "%s", token->id);
        snprintf(ret->session.how, sizeof(ret->session.how), "token");
        ret->session.factors = 2;
        site_rights(s, ret->session.actor, now_ms, &known);
        ret->rights = ret->permissions = known.rights & token->scope;
    } else if (e.code == ERR_DENIED) {
        guess_was_wrong(s->guesses, peer, 4 * GUESS_FREE, monotonic_ms);
    }
    arena_free(a);
    return token != NULL;
}

void site_identify(struct site *s, const struct http_request *r, struct identity *ret)
{
    int64_t now_ms = env_now_ms(s->env);
    *ret = (struct identity){0};
    if (str_starts(r->authorization, "Bearer ") || str_starts(r->authorization, "bearer ")) {
        struct str text = str_trim(str_slice(r->authorization, 7, r->authorization.size));
        bearer(s, r, text, now_ms, ret); /* a wrong one does not fall back on a cookie */
        return;
    }
    /* Calendar programs send no headers of one's choice: this address alone takes a token, and lets it do no more than see one's own page. */
    if (str_is(r->path, "/calendar.ics") && str_starts(r->query, "token=")) {
        struct str rest = str_slice(r->query, 6, r->query.size), text;
        str_cut(&rest, '&', &text);
        if (bearer(s, r, text, now_ms, ret)) {
            ret->permissions &= PERMISSION_BIT(PERMISSION_OWN_PAGE);
            ret->rights = ret->permissions;
        }
        return;
    }
    if (!sessions_find(s->sessions, call_session_cookie(r), &ret->session))
        return;
    ret->is_signed_in = true;
    if (is_local_admin(ret->session.actor)) {
        ret->rights = ret->permissions = local_rights();
        return;
    }
    struct known known;
    site_rights(s, ret->session.actor, now_ms, &known);
    ret->rights = known.rights;
    ret->needs_code = ret->session.factors < 2 && known.has_second_factor;
    /* One factor opens one's own page (all, where the organisation has set so), and nothing at all where a second one is there to be asked for. */
    bool is_enough = ret->session.factors >= (known.factors_min > 1 ? 2 : 1);
    ret->permissions = ret->needs_code ? 0 : is_enough ? ret->rights : ret->rights & PERMISSION_BIT(PERMISSION_OWN_PAGE);
}
