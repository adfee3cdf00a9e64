/*
 * verify_draw.c - E72: a sample is the one that its number and the ledger's head give (draw.h), and came about in that order; E71: an opinion lies after
 * all that it cites. Members, beside those of leaf_rules.c:
 *
 *   draw     {"act":"commit","smp":id,"p":population,"eng":engagement,"n":size,"pop":digest of the population's definition,"seed":SHA-256 of the nonce}
 *   close    {"pop":population,"eng":engagement,"rec":leaf that froze it,"per":[from,to],"state":digest of its rows}
 *   draw     {"act":"show", the same, and "of":leaf of the commitment,"nonce":hex,"close":leaf,"head":"size:root" of the first seal behind both,
 *             "rows":N,"how":"random"|"systematic"|"full","st":by strata?,"k":how many items,"items":draw_digest of them}
 *   opinion  {"cites":[leaves],"concl":leaf in which the preparer concluded, …}
 *
 * A sample by strata takes the rows to draw again (`assay audit sample draw-again`); here its order, number and head are checked.
 */
#include "ledger/draw.h"
#include "ledger/verify_internal.h"

struct commitment {
    uint64_t leaf;
    struct str sample, population, definition, seed;
    int64_t size;
};
struct closing {
    uint64_t leaf;
    struct str population;
};
struct verify_draws {
    struct commitment *commitments;
    struct closing *closings;
    size_t commitment_count, commitment_capacity, closing_count, closing_capacity, by_strata, opinions, unsigned_opinions;
};

#define FOUND(...) verify_find(v, "E72", __VA_ARGS__)

static struct verify_draws *draws_of(struct verify *v)
{
    if (!v->draws)
        v->draws = ARENA_NEW(v->kept, struct verify_draws);
    return v->draws;
}

static void commit_note(struct verify *v, uint64_t index, const struct json *s)
{
    struct verify_draws *d = draws_of(v);
    if (d->commitment_count == d->commitment_capacity)
        d->commitments = arena_grow(v->kept, d->commitments, d->commitment_count, &d->commitment_capacity, sizeof(*d->commitments));
    d->commitments[d->commitment_count++] = (struct commitment){.leaf = index,
                                                                .sample = arena_str(v->kept, json_text(s, "smp")),
                                                                .population = arena_str(v->kept, json_text(s, "p")),
                                                                .definition = arena_str(v->kept, json_text(s, "pop")),
                                                                .seed = arena_str(v->kept, json_text(s, "seed")),
                                                                .size = json_int(s, "n", -1)};
}

static void close_note(struct verify *v, uint64_t index, const struct json *leaf)
{
    struct verify_draws *d = draws_of(v);
    if (json_text(leaf, "pop").size == 0)
        return; /* the end of a period, of no population */
    if (json_int(leaf, "rec", -1) < 0 || (uint64_t)json_int(leaf, "rec", -1) >= index)
        FOUND("leaf %llu: it closes a population that is frozen later", (unsigned long long)index);
    if (d->closing_count == d->closing_capacity)
        d->closings = arena_grow(v->kept, d->closings, d->closing_count, &d->closing_capacity, sizeof(*d->closings));
    d->closings[d->closing_count++] = (struct closing){index, arena_str(v->kept, json_text(leaf, "pop"))};
}

/* The smallest signed tree that holds both leaves. */
static const struct verify_seal *seal_behind(const struct verify *v, uint64_t leaf)
{
    size_t from = 0, to = v->seal_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (v->seals[middle].size <= leaf + 1)
            from = middle + 1;
        else
            to = middle;
    }
    return from < v->seal_count ? &v->seals[from] : NULL;
}

/* Drawn again, where it takes no rows. */
static void items_check(struct verify *v, uint64_t index, const struct json *s, struct sha256 root)
{
    struct err e = {0};
    struct draw plan = {.rows = json_int(s, "rows", -1), .size = json_int(s, "n", -1), .strata = 1};
    struct sha256 said, digest;
    int64_t *items = NULL;
    size_t count = 0;
    if (!draw_seed(json_text(s, "nonce"), root, &plan.seed) || !draw_method_of(json_text(s, "how"), &plan.method) || !hex_decode(json_text(s, "items"), said.bytes, SHA256_SIZE)) {
        FOUND("leaf %llu: a sample that cannot be drawn again: how, nonce or items are malformed", (unsigned long long)index);
        return;
    }
    if (json_bool(s, "st"))
        return;
    struct arena *a = arena_new("verify: a sample", (size_t)2 << 30);
    bool ok = draw_items(a, &plan, &items, &count, &e);
    digest = ok ? draw_digest(items, count) : said;
    if (!ok)
        FOUND("leaf %llu: the sample cannot be drawn again: %s", (unsigned long long)index, e.text);
    else if (!sha256_equal(digest, said) || (int64_t)count != json_int(s, "k", -1))
        FOUND("leaf %llu: drawn again, sample %.*s has other items", (unsigned long long)index, STR_ARGS(str_slice(json_text(s, "smp"), 0, 64)));
    arena_free(a);
}

static void show_check(struct verify *v, uint64_t index, const struct json *s)
{
    struct verify_draws *d = draws_of(v);
    const struct commitment *c = NULL;
    const struct closing *k = NULL;
    unsigned long long i = index;
    int64_t of = json_int(s, "of", -1), close = json_int(s, "close", -1), size = 0;
    struct str head = json_text(s, "head"), size_text;
    struct sha256 commitment, root;
    char hex[65];
    d->by_strata += json_bool(s, "st");
    for (size_t n = 0; n < d->commitment_count; n++)
        c = (int64_t)d->commitments[n].leaf == of ? &d->commitments[n] : c;
    for (size_t n = 0; n < d->closing_count && c; n++) /* the newest of its population */
        k = str_equal(d->closings[n].population, c->population) ? &d->closings[n] : k;
    if (!c || !str_equal(c->sample, json_text(s, "smp")) || !str_equal(c->definition, json_text(s, "pop")) || !str_equal(c->seed, json_text(s, "seed")) ||
        c->size != json_int(s, "n", -2)) {
        FOUND("leaf %llu: a sample that nobody committed to in these words before", i);
        return;
    }
    if (!draw_commitment(json_text(s, "nonce"), &commitment)) {
        FOUND("leaf %llu: its nonce is malformed", i);
        return;
    }
    hex_encode(commitment.bytes, SHA256_SIZE, hex);
    if (!str_is(c->seed, hex))
        FOUND("leaf %llu: another nonce than the one that was committed to in leaf %llu", i, (unsigned long long)c->leaf);
    if (!k || (int64_t)k->leaf != close) {
        FOUND("leaf %llu: it does not name the close of its population", i);
        return;
    }
    const struct verify_seal *seal = seal_behind(v, k->leaf > c->leaf ? k->leaf : c->leaf);
    if (!str_cut(&head, ':', &size_text) || !str_to_int64(size_text, &size) || !hex_decode(head, root.bytes, SHA256_SIZE) || !seal || (int64_t)seal->size != size ||
        !sha256_equal(seal->root, root))
        FOUND("leaf %llu: it is not drawn from the first head behind leaf %llu", i, (unsigned long long)(k->leaf > c->leaf ? k->leaf : c->leaf));
    else
        items_check(v, index, s, root);
}

static void opinion_check(struct verify *v, uint64_t index, const struct leaf *leaf)
{
    const struct json *s = json_get(leaf->json, "opinion"), *cites = json_get(s, "cites");
    struct verify_draws *d = draws_of(v);
    struct str head = json_text(s, "cp"), size_text;
    int64_t size = 0, concluded = json_int(s, "concl", INT64_MAX);
    d->opinions++;
    d->unsigned_opinions += leaf->signatures.size == 0;
    if (!str_cut(&head, ':', &size_text) || !str_to_int64(size_text, &size))
        size = 0;
    if (json_get(s, "concl") && (concluded < 0 || (uint64_t)concluded >= index))
        verify_find(v, "E71", "leaf %llu: an opinion that was concluded after it was given", (unsigned long long)index);
    if (cites && cites->type != JSON_ARRAY)
        verify_find(v, "E71", "leaf %llu: an opinion whose citations are no list", (unsigned long long)index);
    JSON_EACH (cite, cites && cites->type == JSON_ARRAY ? cites : NULL)
        if (cite->type != JSON_NUMBER || !cite->is_integer || cite->integer < 0 || cite->integer >= size || (uint64_t)cite->integer >= index || cite->integer >= concluded) {
            verify_find(v, "E71", "leaf %llu: an opinion before its evidence: it cites leaf %lld, and rests on %lld leaves, concluded in leaf %lld", (unsigned long long)index,
                        (long long)cite->integer, (long long)size, (long long)concluded);
            return;
        }
}

void verify_draw_leaf(struct verify *v, uint64_t index, const struct leaf *leaf)
{
    const struct json *s = json_get(leaf->json, "draw");
    if (str_is(leaf->type, "draw") && str_is(json_text(s, "act"), "commit"))
        commit_note(v, index, s);
    else if (str_is(leaf->type, "draw") && str_is(json_text(s, "act"), "show"))
        show_check(v, index, s);
    else if (str_is(leaf->type, "close"))
        close_note(v, index, leaf->json);
    else if (str_is(leaf->type, "opinion"))
        opinion_check(v, index, leaf);
}

void verify_draws(struct verify *v)
{
    const struct verify_draws *d = v->draws;
    if (d && d->by_strata)
        verify_note(v, "the items of %zu samples by strata were not drawn again, which takes the rows: assay audit sample draw-again", d->by_strata);
    if (d && d->unsigned_opinions)
        verify_note(v, "%zu of %zu opinions carry no signature by an auditor's own key: the keeper says which account gave them", d->unsigned_opinions, d->opinions);
}
