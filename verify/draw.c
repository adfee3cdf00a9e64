/*
 * draw.c - samples and opinions. A sample is the one that a number and the ledger's head give, and came about in that order (E72): an
 * auditor commits to SHA-256(nonce), the population is closed, the head behind both is signed, the nonce is shown. Who keeps the ledger
 * does not know the nonce, who knows the nonce does not know the root. An opinion lies behind all that it cites, and behind the end of
 * the period that it is about (E71).
 *
 *   seed     HMAC-SHA-256(key nonce, root of that head)
 *   hash     of item i, which is row i of the population, from 1: SHA-256(seed || u64be i)
 *   random   the n items with the smallest hashes, in that order; systematic: every (rows / n)th; full: all
 *   items    SHA-256 over "17\n3\n", the items in the order drawn
 */
#include "av.h"

#include <endian.h>
#include <stdlib.h>

enum { NONCE_MIN = 16, NONCE_MAX = 64, ROWS_MAX = 20000000, DRAWN_MAX = 65536 };

struct ticket {
    struct av_hash hash;
    int64_t item;
};

/* ---- drawing ---- */

/* Its size; 0: no nonce. */
static size_t nonce_read(struct av_text hex, uint8_t ret[NONCE_MAX])
{
    size_t size = hex.size / 2;
    return size >= NONCE_MIN && size <= NONCE_MAX && av_hex(hex, ret, size) ? size : 0;
}

/* RFC 2104; the key is no longer than a block. */
static struct av_hash seed_make(const uint8_t *nonce, size_t size, const struct av_hash *root)
{
    uint8_t inner[64 + 32], outer[64 + 32];
    for (size_t i = 0; i < 64; i++) {
        inner[i] = (i < size ? nonce[i] : 0) ^ 0x36;
        outer[i] = (i < size ? nonce[i] : 0) ^ 0x5c;
    }
    memcpy(inner + 64, root->bytes, 32);
    struct av_hash h = av_sha256_of(inner, sizeof(inner));
    memcpy(outer + 64, h.bytes, 32);
    return av_sha256_of(outer, sizeof(outer));
}

static int ticket_compare(const void *pa, const void *pb)
{
    const struct ticket *a = pa, *b = pb;
    int order = memcmp(a->hash.bytes, b->hash.bytes, 32);
    return order ? order : (a->item > b->item) - (a->item < b->item);
}

/* `tickets` has room for twice as many; each time it is full, the larger half goes. */
static void smallest_take(struct ticket *tickets, size_t size, int64_t rows, const struct av_hash *seed)
{
    uint8_t text[32 + 8];
    size_t count = 0;
    bool is_cut = false;
    memcpy(text, seed->bytes, 32);
    for (int64_t i = 1; i <= rows; i++) {
        uint64_t number = htobe64((uint64_t)i);
        memcpy(text + 32, &number, 8);
        tickets[count] = (struct ticket){av_sha256_of(text, sizeof(text)), i};
        if (is_cut && ticket_compare(&tickets[count], &tickets[size - 1]) > 0)
            continue;
        if (++count == 2 * size) {
            qsort(tickets, count, sizeof(*tickets), ticket_compare);
            count = size;
            is_cut = true;
        }
    }
    qsort(tickets, count, sizeof(*tickets), ticket_compare);
}

static void systematic_take(struct ticket *tickets, size_t size, int64_t rows, const struct av_hash *seed)
{
    static const char label[] = "systematic";
    uint8_t text[32 + sizeof(label) - 1];
    uint64_t start = 0;
    memcpy(text, seed->bytes, 32);
    memcpy(text + 32, label, sizeof(label) - 1);
    struct av_hash h = av_sha256_of(text, sizeof(text));
    memcpy(&start, h.bytes, 8);
    start = be64toh(start) % (uint64_t)(rows > 0 ? rows : 1);
    for (size_t i = 0; i < size; i++)
        tickets[i].item = 1 + (int64_t)((i * (uint64_t)rows + start) / size);
}

/* Draws again. NULL, or why these are not the items. */
static const char *items_fault(struct av *v, const struct av_object *draw, const struct av_hash *seed)
{
    static struct ticket tickets[2 * DRAWN_MAX];
    static char text[9 * DRAWN_MAX + 1]; /* 20000000 and a line's end */
    struct av_text how = av_string(draw, "how");
    struct av_hash said;
    int64_t rows = -1, wanted = -1, drawn = -1;
    size_t at = 0;
    bool is_random = av_is(how, "random"), is_full = av_is(how, "full");
    av_integer(draw, "rows", &rows);
    av_integer(draw, "n", &wanted);
    av_integer(draw, "k", &drawn);
    if ((!is_random && !is_full && !av_is(how, "systematic")) || !av_hash_member(draw, "items", said.bytes))
        return "that cannot be drawn again: how or items is malformed";
    if (av_is(av_value(draw, "st"), "true")) {
        v->samples_by_strata++;
        return NULL;
    }
    if (rows < 0 || rows > ROWS_MAX)
        return "that cannot be drawn again: of so many rows none is drawn";
    int64_t size = is_full || wanted > rows ? rows : wanted;
    size = is_random && size == 0 && rows > 0 ? 1 : size;
    if (size > DRAWN_MAX)
        return av_lack(v, "samples of more than %d items were not drawn again", DRAWN_MAX), NULL;
    if (is_random)
        smallest_take(tickets, (size_t)size, rows, seed);
    else if (!is_full)
        systematic_take(tickets, (size_t)size, rows, seed);
    for (int64_t i = 0; i < size; i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%lld\n", (long long)(is_full ? i + 1 : tickets[i].item));
    struct av_hash digest = av_sha256_of(text, at);
    return size == drawn && av_hash_equal(&digest, &said) ? NULL : "that has other items when it is drawn again";
}

/* ---- the order of things ---- */

/* The first head that holds the leaf: the end of the first seal behind it. */
static const struct av_seal *seal_behind(const struct av *v, uint64_t leaf)
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

static bool is_same_member(const struct av_object *a, const struct av_object *b, const char *name)
{
    return av_same(av_value(a, name), av_value(b, name));
}

/* NULL, or what is wrong: committed to in these words, of a population that was closed, drawn from the first head behind both. */
static const char *order_fault(struct av *v, const struct av_leaf *leaf, const struct av_object *shown, uint64_t size, const struct av_hash *root)
{
    struct av_leaf before;
    struct av_object committed;
    struct av_hash there;
    int64_t of = -1, close = -1;
    av_integer(shown, "of", &of);
    av_integer(shown, "close", &close);
    if (v->mode == AV_RANGE && ((of >= 0 && (uint64_t)of < v->bundle.from) || (close >= 0 && (uint64_t)close < v->bundle.from)))
        return av_note(v, "samples whose commitment or population lies before this bundle"), NULL;
    if (of < 0 || (uint64_t)of >= leaf->index || !av_leaf_at(v, (uint64_t)of, &before) || before.type != AV_DRAW ||
        av_object_read(av_value(&before.object, "draw"), &committed) || !av_is(av_string(&committed, "act"), "commit") ||
        !is_same_member(&committed, shown, "smp") || !is_same_member(&committed, shown, "pop") || !is_same_member(&committed, shown, "seed") ||
        !is_same_member(&committed, shown, "n"))
        return "that nobody committed to in these words before";
    struct av_text population = av_string(&committed, "p");
    struct av_hash id = av_sha256_of(population.data, population.size);
    const struct av_entry *newest = av_map_find(&v->closes, &id);
    if (!newest || close < 0 || newest->index != (uint64_t)close)
        return "that does not name the close of its population";
    const struct av_seal *seal = seal_behind(v, (uint64_t)(of > close ? of : close));
    if (!seal || seal->size != size)
        return "that is not drawn from the first head behind its commitment and its population";
    if (!av_root_at(v, size, &there))
        return av_note(v, "samples from a head that lies outside of this bundle"), NULL;
    return av_hash_equal(&there, root) ? NULL : "that is not drawn from the first head behind its commitment and its population";
}

static const char *show_fault(struct av *v, const struct av_leaf *leaf, const struct av_object *shown, bool is_chained)
{
    uint8_t nonce[NONCE_MAX];
    struct av_text root_text = av_string(shown, "head"), size_text;
    struct av_hash committed, root;
    uint64_t size = 0;
    const char *fault = NULL;
    size_t nonce_size = nonce_read(av_string(shown, "nonce"), nonce);
    struct av_hash h = av_sha256_of(nonce, nonce_size);
    if (nonce_size == 0)
        return "whose nonce is malformed";
    if (!av_cut(&root_text, ':', &size_text) || !av_number(size_text, &size) || !av_hex(root_text, root.bytes, 32))
        return "that names no head";
    if (is_chained)
        fault = order_fault(v, leaf, shown, size, &root);
    if (!fault && (!av_hash_member(shown, "seed", committed.bytes) || !av_hash_equal(&h, &committed)))
        fault = "with another nonce than the one that was committed to";
    struct av_hash seed = seed_make(nonce, nonce_size, &root);
    return fault ? fault : items_fault(v, shown, &seed);
}

static void close_note(struct av *v, const struct av_leaf *leaf)
{
    struct av_text population = av_string(&leaf->object, "pop");
    struct av_hash id = av_sha256_of(population.data, population.size);
    int64_t frozen = -1;
    if (population.size == 0)
        return; /* the end of a period, of no population */
    if (!av_integer(&leaf->object, "rec", &frozen) || frozen < 0 || (uint64_t)frozen >= leaf->index)
        av_find(v, "E72", "leaf %llu: it closes a population that is frozen later", (av_llu)leaf->index);
    struct av_entry *there = av_map_find(&v->closes, &id);
    if (there)
        there->index = leaf->index; /* the newest counts */
    else
        av_map_add(v, &v->closes, (struct av_entry){.digest = id, .index = leaf->index});
}

static void opinion_check(struct av *v, const struct av_leaf *leaf, const struct av_object *opinion, bool is_chained)
{
    struct av_text size_text, head = av_string(opinion, "cp"), rest = head, cites = av_value(opinion, "cites"), cite;
    uint64_t size = 0;
    int64_t concluded = INT64_MAX, cited = -1, from = 0;
    v->opinions++;
    v->unsigned_opinions += leaf->lines.size == 0;
    (void)(av_cut(&rest, ':', &size_text) && av_number(size_text, &size)); /* its rule asks for both */
    if (is_chained) {
        const struct av_seal *seal = av_checkpoint_name_check(v, leaf->index, head, "E71");
        if (seal && seal->t < av_span_end(opinion, "per", &from))
            av_find(v, "E71", "leaf %llu: an opinion on a period that was not over in the evidence it rests on", (av_llu)leaf->index);
    }
    if (av_has(opinion, "concl") && (!av_integer(opinion, "concl", &concluded) || concluded < 0 || (uint64_t)concluded >= leaf->index))
        av_find(v, "E71", "leaf %llu: an opinion that was concluded after it was given", (av_llu)leaf->index);
    bool is_behind = cites.size == 0 || *cites.data == '[';
    while (is_behind && cites.size > 0 && av_array_next(&cites, &cite))
        is_behind = av_integer_of(cite, &cited) && cited >= 0 && (uint64_t)cited < size && (uint64_t)cited < leaf->index && cited < concluded;
    if (!is_behind)
        av_find(v, "E71", "leaf %llu: an opinion before its evidence: it cites leaf %lld, and rests on %llu leaves, concluded in leaf %lld",
                (av_llu)leaf->index, (long long)cited, (av_llu)size, (long long)concluded);
}

void av_draw_leaf(struct av *v, const struct av_leaf *leaf, bool is_chained)
{
    struct av_object statement;
    const char *fault = NULL;
    if (leaf->type == AV_CLOSE)
        return close_note(v, leaf);
    if (av_object_read(av_value(&leaf->object, av_type_name(leaf->type)), &statement))
        return; /* its rule asks for it */
    if (leaf->type == AV_OPINION)
        return opinion_check(v, leaf, &statement, is_chained);
    if (av_is(av_string(&statement, "act"), "show"))
        fault = show_fault(v, leaf, &statement, is_chained);
    if (fault)
        av_find(v, "E72", "leaf %llu: a sample %s", (av_llu)leaf->index, fault);
}
