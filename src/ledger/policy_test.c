#include "base/test.h"
#include "ledger/policy_property.h"

#include <ctype.h>

enum { WITNESSES = 6 };

/* Six witnesses and two logs; a policy is written with their keys put in for {0} to {5}, {L} and {M}. */
struct world {
    struct arena *arena;
    struct ed25519_private witness_private[WITNESSES], log_private[2];
    struct note_key witness[WITNESSES], log[2];
    struct buf note;
};

static void world_init(struct world *w)
{
    w->arena = arena_new("policy_test", 64 << 20);
    for (int i = 0; i < WITNESSES; i++) {
        w->witness_private[i] = (struct ed25519_private){{(uint8_t)(i + 1)}};
        char name[32];
        snprintf(name, sizeof(name), "w.example/%d", i);
        w->witness[i] = note_key_make_typed(name, NOTE_KEY_COSIGNATURE, ed25519_public_of(&w->witness_private[i]));
    }
    for (int i = 0; i < 2; i++) {
        w->log_private[i] = (struct ed25519_private){{(uint8_t)(i + 100)}};
        w->log[i] = note_key_make(i ? "log.example/m" : "log.example/l", ed25519_public_of(&w->log_private[i]));
    }
    buf_init(&w->note, 1 << 20);
}

static void world_release(struct world *w)
{
    buf_release(&w->note);
    w->arena = arena_free(w->arena);
}

static struct str fill_in(struct world *w, const char *template)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    for (const char *c = template; *c; c++) {
        if (c[0] != '{' || c[2] != '}') {
            buf_char(&b, *c);
            continue;
        }
        note_key_format(isdigit((unsigned char)c[1]) ? &w->witness[c[1] - '0'] : &w->log[c[1] == 'M'], &b);
        c += 2;
    }
    return arena_str(w->arena, buf_view(&b));
}

/* A checkpoint signed by log 0 unless `cosigners` has a '-', and cosigned by the witnesses named by digit, witness i at 1000 + i.
 */
static struct str note_of(struct world *w, const char *cosigners)
{
    struct checkpoint c = {.origin = "log.example/l", .size = 5, .root = sha256_of(STR("root"))};
    buf_clear(&w->note);
    checkpoint_text(&c, &w->note);
    struct str text = arena_str(w->arena, buf_view(&w->note));
    buf_char(&w->note, '\n');
    note_sign_line(&w->log[strchr(cosigners, '-') != NULL], &w->log_private[strchr(cosigners, '-') != NULL], text, &w->note);
    for (const char *i = cosigners; *i; i++)
        if (isdigit((unsigned char)*i))
            cosignature_sign_line(&w->witness[*i - '0'], &w->witness_private[*i - '0'], text, (uint64_t)(1000 + *i - '0'),
                                  &w->note);
    return buf_view(&w->note);
}

static const char example[] = "# The example of C2SP tlog-policy\n"
                              "log {L}\n"
                              "\n"
                              "witness X1 {0}\n"
                              "witness X2 {1} https://x2.example/\n"
                              "  witness\tX3   {2}\t\n"
                              "group X-witnesses 2 X1 X2 X3\n"
                              "witness Y1 {3}\n"
                              "witness Y2 {4}\n"
                              "witness Y3 {5}\n"
                              "group Y-witnesses any Y1 Y2 Y3\n"
                              "\t# both\n"
                              "group X-and-Y all X-witnesses Y-witnesses\n"
                              "quorum X-and-Y\n";

START_TEST(the_example_of_the_specification_is_satisfied_by_two_x_and_one_y)
{
    struct world w;
    struct err e = {0};
    world_init(&w);
    struct policy *p = policy_parse(w.arena, fill_in(&w, example), &e);
    ck_assert_msg(p != NULL, "%s", e.text);
    ck_assert(p->log_count == 1 && p->witness_count == 6 && p->group_count == 3);
    ck_assert(str_is(p->witnesses[1].url, "https://x2.example/") && p->witnesses[0].url.size == 0);
    for (unsigned set = 0; set < 64; set++) {
        char who[8] = "";
        for (unsigned i = 0, n = 0; i < 6; i++)
            if (set >> i & 1)
                who[n++] = (char)('0' + i);
        bool wanted = __builtin_popcount(set & 7) >= 2 && (set & 070);
        size_t count = 99;
        ck_assert_msg(policy_satisfied(p, note_of(&w, who), &count, &e) == wanted, "cosigned by %s", who);
        ck_assert(count == (size_t)__builtin_popcount(set) && (wanted || e.code == ERR_DENIED));
    }
    struct policy_outcome o;
    struct checkpoint c;
    ck_assert(policy_evaluate(p, note_of(&w, "2305"), &c, &o, &e));
    ck_assert(o.log == &p->logs[0] && o.is_satisfied && o.cosigned_count == 4 && c.size == 5);
    ck_assert(o.is_cosigned[5] && !o.is_cosigned[4] && o.witness_time_s[5] == 1005);
    ck_assert_uint_eq(o.quorum_time_s, 1003); /* X at 1002 with the second of two, Y at 1003 with the first of two */
    world_release(&w);
}
END_TEST

START_TEST(a_log_of_the_policy_must_have_signed)
{
    struct world w;
    struct err e = {0};
    size_t count;
    world_init(&w);
    struct policy *p = policy_parse(w.arena, fill_in(&w, "log {L}\nlog {M} https://m.example\nwitness a {0}\nquorum a\n"), &e);
    ck_assert_msg(p != NULL, "%s", e.text);
    ck_assert(policy_satisfied(p, note_of(&w, "0"), &count, &e));
    /* M signed, but a checkpoint of L's origin: a log speaks for its own origin only. */
    ck_assert(!policy_satisfied(p, note_of(&w, "0-"), &count, &e) && e.code == ERR_DENIED && count == 1);
    p = policy_parse(w.arena, fill_in(&w, "witness a {0}\nquorum a\n"), &e);
    ck_assert(p && policy_satisfied(p, note_of(&w, "0-"), &count, &e)); /* no logs listed: known from elsewhere */
    p = policy_parse(w.arena, fill_in(&w, "log {L}\nquorum none\n"), &e);
    ck_assert(p && policy_satisfied(p, note_of(&w, ""), &count, &e) && !policy_satisfied(p, note_of(&w, "-"), &count, &e));
    world_release(&w);
}
END_TEST

START_TEST(a_broken_signature_by_a_known_key_refuses_the_note_and_an_unknown_one_does_not)
{
    struct world w;
    struct err e = {0};
    size_t count;
    world_init(&w);
    struct policy *p =
        policy_parse(w.arena, fill_in(&w, "log {L}\nwitness a {0}\nwitness b {1}\ngroup g any a b\nquorum g\n"), &e);
    struct str note = note_of(&w, "015"), lines;
    struct checkpoint c;
    struct str text;
    ck_assert(p && policy_satisfied(p, note, &count, &e) && count == 2);
    ck_assert(checkpoint_parse(note, &c, &text, &lines, &e));
    /* The signature bytes of each line in turn: log, witness 0, witness 1, the unknown witness 5. */
    size_t at = (size_t)(lines.data - note.data);
    for (int n = 0; n < 4; n++) {
        size_t end = at + (size_t)str_find_char(str_slice(note, at, note.size), '\n');
        char saved = w.note.data[end - 8];
        w.note.data[end - 8] = saved == 'A' ? 'B' : 'A';
        bool is_fine = policy_satisfied(p, buf_view(&w.note), &count, &e);
        ck_assert_msg(is_fine == (n == 3) && (is_fine || e.code == ERR_CORRUPT), "line %d: %s", n, e.text);
        w.note.data[end - 8] = saved;
        at = end + 1;
    }
    world_release(&w);
}
END_TEST

START_TEST(malformed_policies_are_refused_with_the_line)
{
    static const struct {
        const char *text, *line, *why;
    } bad[] = {
        {"log {L}\n", "policy:", "no quorum"},
        {"quorum none", "line 1:", "LF"},
        {"log {L}\r\nquorum none\n", "line 1:", "control"},
        {"# a\x7f\nquorum none\n", "line 1:", "control"},
        {"quorum none\nquorum none\n", "line 2:", "second quorum"},
        {"quorum a\nwitness a {0}\n", "line 1:", "not defined above"},
        {"quorum none none\n", "line 1:", "wants"},
        {"Log {L}\nquorum none\n", "line 1:", "is not log"},
        {"log {L} u v\nquorum none\n", "line 1:", "wants"},
        {"log\nquorum none\n", "line 1:", "wants"},
        {"log {0}\nquorum none\n", "line 1:", "type 4"},
        {"witness a {L}\nquorum none\n", "line 1:", "type 1"},
        {"log x+00000000+AAAA\nquorum none\n", "line 1", "type"},
        {"log x+00000000+Aekyzz\nquorum none\n", "line 1", "malformed"},
        {"log {L}\n\nlog {L} https://elsewhere\nquorum none\n", "line 3:", "twice"},
        {"witness a {0}\nwitness b {0}\nquorum none\n", "line 2:", "twice"},
        {"witness a {0}\nwitness a {1}\nquorum none\n", "line 2:", "defined twice"},
        {"witness a {0}\ngroup a any a\nquorum none\n", "line 2:", "defined twice"},
        {"witness none {0}\nquorum none\n", "line 1:", "none is taken"},
        {"witness a {0}\ngroup none any a\nquorum none\n", "line 2:", "none is taken"},
        {"witness a {0}\ngroup g any none\nquorum none\n", "line 2:", "not defined above"},
        {"group g any g\nquorum g\n", "line 1:", "not defined above"},
        {"witness a {0}\ngroup g any a a\nquorum g\n", "line 2:", "already"},
        {"witness a {0}\ngroup g any a\ngroup h any a\nquorum g\n", "line 3:", "already"},
        {"witness a {0}\ngroup g 0 a\nquorum g\n", "line 2:", "cannot be asked for"},
        {"witness a {0}\ngroup g 2 a\nquorum g\n", "line 2:", "cannot be asked for"},
        {"witness a {0}\ngroup g 01 a\nquorum g\n", "line 2:", "cannot be asked for"},
        {"witness a {0}\ngroup g +1 a\nquorum g\n", "line 2:", "not any, all or a number"},
        {"witness a {0}\ngroup g some a\nquorum g\n", "line 2:", "not any, all or a number"},
        {"witness a {0}\ngroup g any\nquorum g\n", "line 2:", "wants"},
        {"witness a\nquorum none\n", "line 1:", "wants"},
    };
    struct world w;
    world_init(&w);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err e = {0};
        ck_assert_msg(!policy_parse(w.arena, fill_in(&w, bad[i].text), &e), "%s", bad[i].text);
        ck_assert_msg(strstr(e.text, bad[i].line) && strstr(e.text, bad[i].why), "%s gave: %s", bad[i].text, e.text);
    }
    struct err e = {0};
    ck_assert(!policy_parse(w.arena, STR("quorum none\n#\0\n"), &e));
    world_release(&w);
}
END_TEST

START_TEST(names_are_opaque_bytes_and_limits_are_named)
{
    struct world w;
    struct err e = {0};
    world_init(&w);
    struct policy *p =
        policy_parse(w.arena, fill_in(&w, "witness K {0}\nwitness \xe2\x84\xaa {1}\nwitness \xff# {2}\nquorum K\n"), &e);
    ck_assert_msg(p && p->witness_count == 3, "%s", e.text);
    struct buf BUF_AUTO many;
    buf_init(&many, 1 << 20);
    for (unsigned i = 0; i <= POLICY_WITNESSES_MAX; i++) {
        struct ed25519_private seed = {{9, (uint8_t)i}};
        struct note_key key = note_key_make_typed("w", NOTE_KEY_COSIGNATURE, ed25519_public_of(&seed));
        buf_printf(&many, "witness n%u ", i);
        note_key_format(&key, &many);
        buf_char(&many, '\n');
    }
    buf_cstr(&many, "quorum none\n");
    ck_assert(!policy_parse(w.arena, buf_view(&many), &e));
    ck_assert(e.code == ERR_LIMIT && strstr(e.text, "line 65: more than 64 witnesses"));
    buf_clear(&many);
    while (many.size <= POLICY_BYTES_MAX)
        buf_cstr(&many, "# nothing\n");
    ck_assert(!policy_parse(w.arena, buf_view(&many), &e) && e.code == ERR_TOO_LARGE);
    world_release(&w);
}
END_TEST

START_TEST(changed_policies_never_break_the_reader)
{
    struct world w;
    world_init(&w);
    struct str whole = fill_in(&w, example);
    uint64_t seed = 3;
    for (int i = 0; i < 4000; i++) {
        struct buf BUF_AUTO b;
        struct arena *a = arena_new("policy_test", 64 << 20);
        buf_init(&b, 1 << 16);
        buf_str(&b, whole);
        for (uint64_t k = test_random(&seed) % 3 + 1; k; k--)
            b.data[test_random(&seed) % b.size] = (char)(test_random(&seed) % 4 ? test_random(&seed) : (uint64_t) "\n \t#"[k]);
        policy_property(a, str_slice(buf_view(&b), 0, test_random(&seed) % 8 ? b.size : test_random(&seed) % b.size));
        arena_free(a);
    }
    policy_property(w.arena, note_of(&w, "012"));
    world_release(&w);
}
END_TEST

START_TEST(a_policy_follows_the_keys_of_its_log)
{
    struct world w;
    struct buf BUF_AUTO b;
    struct err e = {0};
    world_init(&w);
    buf_init(&b, 1 << 16);
    struct str text = fill_in(&w, "# ours\nlog {L}   https://l.example/log\nlog {M}\nwitness one {1} https://w.example\nquorum one\n");
    struct ed25519_private other = {{200}};
    struct note_key next[2] = {w.log[0], note_key_make("log.example/l", ed25519_public_of(&other))};
    policy_follow_log(text, "log.example/l", next, 1, &b);
    ck_assert_msg(str_equal(buf_view(&b), fill_in(&w, "# ours\nlog {L} https://l.example/log\nlog {M}\nwitness one {1} https://w.example\nquorum one\n")), "%.*s", STR_ARGS(buf_view(&b)));
    buf_clear(&b);
    policy_follow_log(text, "log.example/l", next, 2, &b);
    struct str both = arena_str(w.arena, buf_view(&b));
    const struct policy *p = policy_parse(w.arena, both, &e);
    ck_assert_msg(p != NULL, "%s", e.text);
    ck_assert_uint_eq(p->log_count, 3);
    buf_clear(&b);
    policy_follow_log(both, "log.example/l", next + 1, 1, &b);
    p = policy_parse(w.arena, buf_view(&b), &e);
    ck_assert_msg(p != NULL, "%s", e.text);
    ck_assert_uint_eq(p->log_count, 2);
    ck_assert_uint_eq(p->logs[0].key.id, next[1].id);
    buf_clear(&b);
    policy_follow_log(text, "log.example", next, 2, &b);
    ck_assert(str_equal(buf_view(&b), text));
    world_release(&w);
}
END_TEST

TEST_MAIN("policy", a_policy_follows_the_keys_of_its_log, the_example_of_the_specification_is_satisfied_by_two_x_and_one_y, a_log_of_the_policy_must_have_signed,
          a_broken_signature_by_a_known_key_refuses_the_note_and_an_unknown_one_does_not,
          malformed_policies_are_refused_with_the_line, names_are_opaque_bytes_and_limits_are_named,
          changed_policies_never_break_the_reader)
