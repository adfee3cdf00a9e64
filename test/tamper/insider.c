/* insider.c - what somebody who holds every key could have the real writer write: the tree, the signatures of the log and the
 * files are right, and what is said is not. Each mutant is a directory of its own. */
#include "tamper.h"

enum lie {
    OTHER_LEDGER,
    BAD_NONCE,
    SEQUENCE,
    PREVIOUS,
    BACK_IN_TIME,
    OTHER_RULE,
    OTHER_CHANGE,
    SCOPE_CHANGE,
    SCOPE_RULE,
    SCOPE_SIGNED,
    ALERT_RULE,
    ALERT_SIGNED,
    ALERT_HONEST,
    COLLECTOR_UNKNOWN,
    COLLECTOR_RETIRED,
    COLLECTOR_REVOKED,
    COLLECTOR_OTHER_ROLE,
    RUN_UNSIGNED,
    RUN_SIGNATURE,
    RUN_MALLEABLE,
    RUN_CHANGED,
    RUN_MANY_LINES,
    RUN_REPEATED,
    RUN_LEFT_OUT,
    RUN_OTHER_PREVIOUS,
    RUN_OTHER_ROWS,
    RUN_OTHER_TABLE,
    SIGNED_ITEM,
    FUTURE,
    LATE,
    MISSING_SEAL,
    CLOCK_STEP,
    SEAL_RANGE,
    SEAL_HEADS,
    SEAL_NO_HEADS,
    SEAL_ERASED,
    SEAL_BEACON,
    KEY_BY_STRANGER,
    KEY_TWICE,
    KEY_LOG_ALONE,
    KEY_SMALL_ORDER,
    KEY_NOT_CANONICAL,
    KEY_BAD_HASH,
    LOG_RETIRED,
    LOG_REVOKED,
    LOG_SUCCEEDED,
    BLOB_COMMITMENT,
    BLOB_NAME,
    BLOB_OTHER_KEY,
    CATALOG_DIGEST,
    OPINION_STATE,
    OPINION_EARLY
};

struct run_recipe {
    bool is_unsigned, is_other_ledger_key;
    const struct note_key *key;
    const struct ed25519_private *private_key;
    enum lie lie;
};

/* 2^252 + 27742317777372353535851937790883648493, the order of the group. */
static const uint8_t group_order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                        0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                        0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

/* The signature line with another signature in it: one bit of it flipped, or S + L in place of S, which is the same to whoever
 * does not look. */
static struct str line_spoil(struct tamper *t, struct arena *a, struct str line, bool is_malleable)
{
    struct buf BUF_AUTO bytes, made;
    struct str name;
    buf_init(&bytes, 1024);
    buf_init(&made, 1024);
    ck_assert(note_line_parse(str_slice(line, 0, line.size - 1), &name, &bytes));
    unsigned carry = 0;
    for (int i = 0; is_malleable && i < 32; i++) {
        carry += (unsigned)(uint8_t)bytes.data[36 + i] + group_order[i];
        bytes.data[36 + i] = (char)(uint8_t)carry;
        carry >>= 8;
    }
    if (!is_malleable)
        bytes.data[4 + draw(t, 64)] ^= (char)(1 << draw(t, 8));
    buf_printf(&made, "\xe2\x80\x94 %.*s ", STR_ARGS(name));
    base64_encode(buf_view(&bytes), &made);
    buf_char(&made, '\n');
    return arena_str(a, buf_view(&made));
}

static struct str lines_many(struct tamper *t, struct arena *a, struct str line)
{
    struct buf BUF_AUTO made;
    buf_init(&made, 64 << 10);
    strangers_format(t, 64 + draw(t, 60), &made);
    buf_str(&made, line);
    return arena_str(a, buf_view(&made));
}

/* A run leaf with lines that the writer's own functions would refuse. */
static void raw_append(struct tamper_world *w, struct json *run, struct str lines)
{
    struct test_stream *s = &w->d.streams[1];
    struct buf BUF_AUTO text;
    struct err e = {0};
    buf_init(&text, LIMIT_LEAF_BYTES);
    struct json *leaf = world_leaf(w, s->name, s->sequence++, &s->last);
    json_put(leaf, "run", run);
    ck_assert_msg(leaf_compose("run", leaf, STR(""), &text, &e), "%s", e.text);
    buf_char(&text, '\n');
    buf_str(&text, lines);
    world_append_bytes(w, buf_view(&text));
    s->last = merkle_leaf_hash(buf_view(&text));
}

/* A run as test_directory_run makes it, but for the lie. */
static void run_append(struct tamper *t, struct tamper_world *w, enum lie lie, const struct note_key *key,
                       const struct ed25519_private *private_key)
{
    struct test_directory *d = &w->d;
    struct blob_sealed sealed;
    struct json *item = json_object(d->arena), *run = json_object(d->arena), *statement = json_put_object(run, "run");
    char plain[80];
    snprintf(plain, sizeof(plain), "row %llu\n", (unsigned long long)draw(t, UINT64_MAX));
    json_put(item, "b", world_blob(w, str_of(plain), &sealed));
    json_put_cstr(item, "sub", TEST_SUBJECT);
    json_put_cstr(item, "tbl", "sshd_effective");
    json_put_int(item, "ver", 1);
    json_put_int(item, "rows", 3);
    json_put_cstr(item, "state", "complete");
    test_observed(d, item);
    test_directory_append(d, "item", 2, item, STR(""));
    json_put_str(statement, "col", vkey_text(d->arena, key));
    json_put_cstr(statement, "ver", "1");
    json_put_cstr(statement, "sub", TEST_SUBJECT);
    json_put_int(statement, "exit", 0);
    test_observed(d, statement);
    if (lie == RUN_LEFT_OUT)
        d->run_sequence += 1 + (int64_t)draw(t, 9);
    if (lie == RUN_OTHER_PREVIOUS)
        d->run_last[0] = d->run_last[0] == 'f' ? 'e' : 'f';
    struct json *sequence = json_put_int(statement, "seq", d->run_sequence++);
    json_put_str(statement, "prev", arena_str(d->arena, str_of(d->run_last)));
    json_put_str(json_put_object(statement, "tables"), lie == RUN_OTHER_TABLE ? "users" : "sshd_effective",
                 arena_str(d->arena, str_of(lie == RUN_OTHER_ROWS ? sealed.x : sealed.c)));
    struct str line = test_statement_sign(d, "assay/run@v1", statement, key, private_key);
    if (lie == RUN_CHANGED)
        sequence->integer += 1 + (int64_t)draw(t, 1000);
    line = lie == RUN_UNSIGNED                            ? STR("")
           : lie == RUN_SIGNATURE || lie == RUN_MALLEABLE ? line_spoil(t, d->arena, line, lie == RUN_MALLEABLE)
           : lie == RUN_MANY_LINES                        ? lines_many(t, d->arena, line)
                                                          : line;
    if (lie == RUN_MANY_LINES)
        raw_append(w, statement, line);
    else
        test_directory_append(d, "run", 1, run, line);
    hex_encode(d->streams[1].last.bytes, SHA256_SIZE, d->run_last);
}

/* A key statement signed by the root (or whoever), about any vkey text; and by the log key, which has to sign for its successor.
 */
static void key_append(struct tamper_world *w, const char *act, const char *role, struct str vkey, int64_t trust,
                       const struct note_key *key, const struct ed25519_private *private_key, bool is_by_log_too)
{
    struct json *leaf = json_object(w->d.arena), *statement = json_put_object(leaf, "key");
    struct buf BUF_AUTO lines;
    buf_init(&lines, 4096);
    json_put_cstr(statement, "act", act);
    json_put_cstr(statement, "role", role);
    json_put_str(statement, "vkey", vkey);
    if (trust >= 0)
        json_put_int(statement, "trust", trust);
    buf_str(&lines, test_statement_sign(&w->d, "assay/key@v1", statement, key, private_key));
    if (is_by_log_too)
        buf_str(&lines, test_statement_sign(&w->d, "assay/key@v1", statement, &w->d.ledger.key, &w->d.ledger.private_key));
    test_directory_append(&w->d, "key", 0, leaf, arena_str(w->d.arena, buf_view(&lines)));
}

/* The log key gets a successor, for which it signs, and goes; then it signs the checkpoints all the same. LOG_SUCCEEDED: it does
 * not. */
static void log_lie(struct tamper *t, struct tamper_world *w, enum lie lie)
{
    struct ed25519_private next_private = {{(uint8_t)(100 + draw(t, 100)), 8}};
    struct note_key old = w->d.ledger.key, next = note_key_make(TEST_ORIGIN, ed25519_public_of(&next_private));
    key_append(w, "add", "log", vkey_text(w->d.arena, &next), -1, &w->d.root, &w->d.root_private, true);
    if (draw(t, 2))
        world_seal(w); /* while both count */
    if (lie == LOG_SUCCEEDED) {
        w->d.ledger.key = next;
        w->d.ledger.private_key = next_private;
    }
    key_append(w, lie == LOG_REVOKED ? "revoke" : "retire", "log", vkey_text(w->d.arena, &old),
               lie == LOG_REVOKED ? (int64_t)draw(t, ledger_size(w->d.writer)) : -1, &w->d.root, &w->d.root_private, false);
    if (draw(t, 2))
        world_seal(w);
}

static void collector_lie(struct tamper *t, struct tamper_world *w, enum lie lie)
{
    struct ed25519_private other = {{(uint8_t)(100 + draw(t, 100)), 5}};
    struct note_key key = w->d.collector;
    struct ed25519_private private_key = w->d.collector_private;
    if (lie == COLLECTOR_UNKNOWN) {
        key = note_key_make(draw(t, 2) ? w->d.collector.name : TEST_ORIGIN "/collector/ffffffff", ed25519_public_of(&other));
        private_key = other;
    } else if (lie == COLLECTOR_OTHER_ROLE) {
        bool is_officer = draw(t, 2);
        key = is_officer ? w->officer : w->d.root;
        private_key = is_officer ? w->officer_private : w->d.root_private;
    } else {
        key_append(w, lie == COLLECTOR_RETIRED ? "retire" : "revoke", "collector", vkey_text(w->d.arena, &key),
                   lie == COLLECTOR_RETIRED ? -1 : (int64_t)draw(t, 4), &w->d.root, &w->d.root_private, false);
        if (draw(t, 2))
            world_seal(w);
    }
    run_append(t, w, lie, &key, &private_key);
}

static void leaf_lie(struct tamper *t, struct tamper_world *w, enum lie lie)
{
    struct json *leaf = json_object(w->d.arena);
    struct test_stream *s = &w->more[S_FREE];
    json_put_cstr(leaf, "type", "note");
    world_append(w, "record", S_FREE, leaf, STR(""));
    leaf = json_object(w->d.arena);
    json_put_cstr(leaf, "type", "note");
    if (lie == SEQUENCE)
        s->sequence = draw(t, 2) ? 0 : s->sequence + 1 + draw(t, 50);
    if (lie == PREVIOUS)
        s->last.bytes[draw(t, 32)] ^= (uint8_t)(1 + draw(t, 255));
    if (lie == SIGNED_ITEM) {
        json_put_cstr(leaf, "x", "1");
        world_append(w, "record", S_FREE, leaf,
                     test_statement_sign(&w->d, "assay/record@v1", leaf, &w->d.collector, &w->d.collector_private));
    } else
        world_append(w, "record", S_FREE, leaf, STR(""));
}

static struct json *member_of(struct json *leaf, const char *name)
{
    return (struct json *)(uintptr_t)json_get(leaf, name);
}

/* A change of a record; with the lie one of its members is not what it has to be. */
static void change_lie(struct tamper *t, struct tamper_world *w, bool is_lie, bool is_scope)
{
    static const struct {
        const char *name, *good, *bad;
    } texts[] = {{"act", "change", "rewrite"}, {"id", "RSK-0001", "RSK 0001"}, {"k", "record.change", NULL}, {"to", "open", "-"}, {"tv", "0123456789abcdef", "0123456789ABCDEF"},
                 {"type", "risk", ""},         {"by", "fields", NULL},          {"step", "password", "a b"}};
    enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };
    struct json *leaf = json_object(w->d.arena), *list;
    struct blob_sealed sealed;
    uint64_t broken = is_lie ? draw(t, TEXTS + 5) : UINT64_MAX;
    for (size_t i = 0; i < TEXTS; i++) {
        if (i == broken && texts[i].bad && texts[i].bad[0] == '-')
            continue; /* left out */
        json_put_cstr(leaf, texts[i].name, i == broken && texts[i].bad ? texts[i].bad : texts[i].good);
    }
    if (broken < TEXTS && !texts[broken].bad) /* no way to break it: another one */
        broken = TEXTS;
    json_put_int(leaf, "ver", broken == TEXTS ? 0 : 3);
    list = json_put_array(leaf, "f");
    json_push_str(list, broken == TEXTS + 1 ? STR("two words") : STR("title"));
    list = json_put_array(leaf, "nth");
    json_push_int(list, broken == TEXTS + 2 ? -1 : 1);
    if (broken != TEXTS + 3)
        json_push_int(list, 2);
    if (broken != TEXTS + 4)
        json_put(leaf, "b", world_blob(w, STR("{}"), &sealed));
    if (is_scope) {
        struct json *scope = json_put_object(leaf, "scope");
        json_put_cstr(scope, "act", draw(t, 2) ? "in" : "out");
        json_put_cstr(scope, "id", "BND-0001");
        json_put_cstr(scope, "kind", "software");
    }
    world_append(w, is_scope ? "scope" : "record", S_FREE, leaf, STR(""));
}

/* What is in scope, said as nobody may say it; or signed, which nobody does. */
static void scope_lie(struct tamper *t, struct tamper_world *w, enum lie lie)
{
    static const char *const bad[][2] = {{"act", "approve"}, {"act", ""}, {"act", "in|out"}, {"id", ""}, {"kind", "two words"}, {"kind", ""}};
    struct json *leaf = json_object(w->d.arena), *scope = json_put_object(leaf, "scope");
    size_t at = draw(t, sizeof(bad) / sizeof(bad[0]));
    bool is_left_out = draw(t, 2), is_bad = lie == SCOPE_RULE;
    static const char *const good[][2] = {{"act", "in"}, {"id", "BND-0001"}, {"kind", "software"}};
    for (size_t i = 0; i < 3; i++) {
        bool is_it = is_bad && strcmp(bad[at][0], good[i][0]) == 0;
        if (!is_it || !is_left_out)
            json_put_cstr(scope, good[i][0], is_it ? bad[at][1] : good[i][1]);
    }
    struct str lines = STR("");
    if (lie == SCOPE_SIGNED) {
        bool is_officer = draw(t, 2);
        lines = test_statement_sign(&w->d, "assay/scope@v1", scope, is_officer ? &w->officer : &w->d.root, is_officer ? &w->officer_private : &w->d.root_private);
    }
    world_append(w, "scope", S_FREE, leaf, lines);
}

/* An alert about a leaf that is not there yet, of a kind or about somebody that cannot be; or signed. */
static void alert_lie(struct tamper *t, struct tamper_world *w, enum lie lie)
{
    struct json *leaf = json_object(w->d.arena);
    uint64_t size = ledger_size(w->d.writer), broken = lie == ALERT_RULE ? draw(t, 4) : UINT64_MAX;
    if (broken != 0 || draw(t, 2))
        json_put_cstr(leaf, "kind", broken == 0 ? "test failed" : "test-failed");
    json_put_int(leaf, "of", broken == 1 ? (int64_t)(size + draw(t, 1000)) : (int64_t)draw(t, size));
    json_put_cstr(leaf, "sub", broken == 2 ? "web-1" : TEST_SUBJECT);
    json_push_str(json_put_array(leaf, "ctl"), broken == 3 ? STR("ssh root login") : STR("ssh.root_login"));
    struct str lines = STR("");
    if (lie == ALERT_SIGNED)
        lines = test_statement_sign(&w->d, "assay/alert@v1", leaf, &w->d.collector, &w->d.collector_private);
    world_append(w, "alert", S_FREE, leaf, lines);
}

/* A whole leaf by hand. */
static void raw_lie(struct tamper *t, struct tamper_world *w, enum lie lie)
{
    static const char *const nonces[] = {"", "00", "0000000000000000000000000000000g", "ABCDEF00000000000000000000000000",
                                         "000000000000000000000000000000000000"};
    static const struct {
        const char *type, *members;
    } faults[] = {{"eval", ",\"run\":99999"},       {"gap", ",\"act\":\"notice\",\"kind\":\"seal\",\"why\":\"because\""},
                  {"item", ",\"rows\":-1"},         {"upload", ""},
                  {"record", ",\"obs\":[5,4]"},     {"erase", ",\"tgt\":0"},
                  {"catalog", ",\"digest\":\"00\""}};
    struct buf BUF_AUTO text;
    struct err e = {0};
    size_t fault = draw(t, sizeof(faults) / sizeof(faults[0]));
    buf_init(&text, LIMIT_LEAF_BYTES);
    const struct test_stream *s = &w->more[S_FREE];
    struct json *leaf = world_leaf(w, s->name, s->sequence, s->sequence ? &s->last : NULL);
    if (lie == BACK_IN_TIME)
        member_of(leaf, "t")->integer -= 1 + (int64_t)draw(t, 100000);
    if (lie == OTHER_LEDGER)
        member_of(leaf, "log")->text = draw(t, 2) ? STR("host.example/assay/0123456789abcdee") : STR(TEST_ORIGIN "/x");
    if (lie == BAD_NONCE)
        member_of(leaf, "n")->text = str_of(nonces[draw(t, 5)]);
    if (lie != OTHER_RULE)
        json_put_cstr(leaf, "type", "note");
    ck_assert(leaf_compose(lie == OTHER_RULE ? faults[fault].type : "record", leaf, STR(""), &text, &e));
    if (lie == OTHER_RULE && faults[fault].members[0]) { /* a member of that type, as if it were all */
        struct str kept = arena_str(w->d.arena, buf_view(&text));
        struct buf BUF_AUTO parsed;
        buf_init(&parsed, LIMIT_LEAF_BYTES);
        buf_printf(&parsed, "{%s,%.*s", faults[fault].members + 1,
                   STR_ARGS(str_slice(kept, (size_t)(strchr(kept.data, '{') - kept.data) + 1, kept.size)));
        struct json *body = json_parse(w->d.arena, arena_str(w->d.arena, buf_view(&parsed)), JSON_LIMITS_DEFAULT, &e);
        ck_assert_msg(body != NULL, "%s", e.text);
        buf_clear(&text);
        ck_assert_msg(leaf_compose(faults[fault].type, body, STR(""), &text, &e), "%s", e.text);
    }
    world_append_bytes(w, buf_view(&text));
}

static void seal_lie(struct tamper *t, struct tamper_world *w, enum lie lie)
{
    struct sha256 one = sha256_of(STR("one")), other = sha256_of(STR("other"));
    world_seal(w);
    w->d.ledger.now_ms += 1000 + (int64_t)draw(t, 60000);
    if (lie == SEAL_HEADS)
        w->heads_lie.bytes[draw(t, 32)] = (uint8_t)(1 + draw(t, 255));
    if (lie == SEAL_ERASED)
        w->erased_lie = 1 + draw(t, 100);
    if (lie == SEAL_NO_HEADS)
        w->d.writer->options.seal_facts = NULL;
    if (lie == MISSING_SEAL)
        w->d.ledger.now_ms += 2 * w->d.every_ms + (int64_t)draw(t, 100 * 60000);
    if (lie == CLOCK_STEP)
        w->clock_step_ms = (draw(t, 2) ? 1 : -1) * (6000 + (int64_t)draw(t, 60000));
    if (lie == SEAL_RANGE)
        w->d.writer->sealed_to += draw(t, 2) ? (uint64_t)-1 : 1 + draw(t, 3);
    if (lie == SEAL_BEACON) {
        ledger_set_beacon(w->d.writer, one);
        world_seal(w);
        ledger_set_beacon(w->d.writer, other);
        world_seal(w);
        ledger_set_beacon(w->d.writer, one);
    }
    for (uint64_t i = 0, n = lie == SEAL_RANGE ? 5 : draw(t, 4); i < n;
         i++) /* a range behind the end would not be sealed at all */
        test_directory_parameter(&w->d, (int64_t)i);
}

/* y and sign of points of small order, and the same with y + p where that fits. */
static const char *const small_points[] = {"0100000000000000000000000000000000000000000000000000000000000000",
                                           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                           "0000000000000000000000000000000000000000000000000000000000000080",
                                           "0000000000000000000000000000000000000000000000000000000000000000",
                                           "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                                           "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
                                           "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                                           "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                                           "0100000000000000000000000000000000000000000000000000000000000080",
                                           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                                           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                                           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};

static void key_lie(struct tamper *t, struct tamper_world *w, enum lie lie)
{
    struct ed25519_private other = {{(uint8_t)(100 + draw(t, 100)), 6}};
    struct ed25519_public point = ed25519_public_of(&other);
    struct note_key stranger = note_key_make(w->d.root.name, point), added;
    const char *role = draw(t, 2) ? "collector" : "officer", *name = TEST_ORIGIN "/more";
    if (lie == KEY_SMALL_ORDER)
        ck_assert(hex_decode(str_of(small_points[draw(t, 14)]), point.bytes, 32));
    if (lie == KEY_NOT_CANONICAL) { /* y = p + k */
        memset(point.bytes, 0xff, 32);
        point.bytes[0] = (uint8_t)(0xed + 2 + draw(t, 17));
        point.bytes[31] = draw(t, 2) ? 0xff : 0x7f;
    }
    added = note_key_make(name, point);
    struct str vkey = vkey_text(w->d.arena, &added);
    if (lie == KEY_BAD_HASH) {
        size_t at = strlen(name) + 1 + draw(t, 8);
        char digit = vkey.data[at], *text = arena_alloc(w->d.arena, vkey.size);
        memcpy(text, vkey.data, vkey.size);
        text[at] = digit == '0' ? '1' : '0';
        vkey = str_make(text, vkey.size);
    }
    if (lie == KEY_TWICE)
        vkey = vkey_text(w->d.arena, &w->d.collector);
    if (lie == KEY_LOG_ALONE) {
        role = "log";
        added = note_key_make(TEST_ORIGIN, point);
        vkey = vkey_text(w->d.arena, &added);
    }
    bool is_root = lie != KEY_BY_STRANGER;
    key_append(w, "add", lie == KEY_TWICE ? "collector" : role, vkey, -1, is_root ? &w->d.root : &stranger,
               is_root ? &w->d.root_private : &other, false);
}

static void blob_lie(struct tamper *t, struct tamper_world *w, enum lie lie)
{
    struct blob_sealed one, other;
    struct json *leaf = json_object(w->d.arena);
    struct err e = {0};
    char plain[40];
    snprintf(plain, sizeof(plain), "%llu", (unsigned long long)draw(t, UINT64_MAX));
    world_blob(w, STR("other"), &other);
    struct buf BUF_AUTO tests;
    buf_init(&tests, 4096);
    buf_printf(&tests,
               "{\"digest\":\"%s\",\"parameters\":[],\"tests\":[{\"digest\":\"%s\",\"id\":\"a\",\"source\":\"select %s\"}]}",
               other.c, other.x, plain);
    struct json *list =
        lie == BLOB_OTHER_KEY ? NULL : world_blob(w, lie == CATALOG_DIGEST ? buf_view(&tests) : str_of(plain), &one);
    if (lie == BLOB_OTHER_KEY) { /* the key of another blob is kept for it */
        ck_assert(blob_seal(&w->d.ledger.env, w->d.arena, str_of(plain), &one, &e));
        one.dek[draw(t, DEK_SIZE)] ^= 1;
        world_blob_store(w, &one);
        list = world_blob_list(w, &one);
    } else if (lie != CATALOG_DIGEST) {
        struct json *blob = list->first;
        struct json *member = member_of(blob, lie == BLOB_NAME ? "x" : "c");
        uint8_t bytes[32];
        char hex[65];
        ck_assert(hex_decode(member->text, bytes, 32));
        bytes[draw(t, 32)] ^= (uint8_t)(1 + draw(t, 255));
        hex_encode(bytes, 32, hex);
        member->text = arena_str(w->d.arena, str_of(lie == BLOB_COMMITMENT && draw(t, 2) ? other.c : hex));
    }
    json_put(leaf, "b", list);
    if (lie == CATALOG_DIGEST) {
        struct sha256 digest;
        ck_assert(hex_decode(str_of(other.c), digest.bytes, 32));
        if (draw(t, 2)) /* else a test's text is not the one that its digest is of */
            digest.bytes[draw(t, 32)] ^= 1;
        json_put_hex(leaf, "digest", digest.bytes, 32);
    }
    world_append(w, lie == CATALOG_DIGEST ? "catalog" : "upload", S_FREE, leaf, STR(""));
}

static void opinion_lie(struct tamper *t, struct tamper_world *w, enum lie lie)
{
    struct ed25519_private private_key = {{77}};
    struct note_key auditor = note_key_make(TEST_ORIGIN "/auditor", ed25519_public_of(&private_key));
    struct json *leaf = json_object(w->d.arena), *statement = json_put_object(leaf, "opinion"), *period;
    test_directory_key(&w->d, "auditor", &auditor);
    world_seal(w);
    struct sha256 root = ledger_signed_root(w->d.writer);
    uint64_t size = ledger_signed_size(w->d.writer);
    char head[100], hex[65];
    int64_t end = w->d.ledger.now_ms - 5000;
    if (lie == OPINION_EARLY)
        end += 6000 + (int64_t)draw(t, 1 << 30);
    else if (draw(t, 2))
        root.bytes[draw(t, 32)] ^= (uint8_t)(1 + draw(t, 255));
    else
        size += draw(t, 2) ? 1 + draw(t, 1000) : (uint64_t)-1;
    hex_encode(root.bytes, 32, hex);
    snprintf(head, sizeof(head), "%llu:%s", (unsigned long long)size, hex);
    json_put_str(statement, "cp", arena_str(w->d.arena, str_of(head)));
    period = json_put_array(statement, "per");
    json_push_int(period, 1000);
    json_push_int(period, end);
    json_put_cstr(statement, "words", "operated effectively");
    world_append(w, "opinion", S_FREE, leaf, test_statement_sign(&w->d, "assay/opinion@v1", statement, &auditor, &private_key));
}

static void lie_tell(struct tamper *t, struct tamper_world *w, enum lie lie)
{
    if (lie == OTHER_CHANGE)
        change_lie(t, w, true, false);
    else if (lie == SCOPE_CHANGE)
        change_lie(t, w, true, true);
    else if (lie == SCOPE_RULE || lie == SCOPE_SIGNED)
        scope_lie(t, w, lie);
    else if (lie == ALERT_RULE || lie == ALERT_SIGNED)
        alert_lie(t, w, lie);
    else if (lie == OTHER_LEDGER || lie == BAD_NONCE || lie == BACK_IN_TIME || lie == OTHER_RULE)
        raw_lie(t, w, lie);
    else if (lie == SEQUENCE || lie == PREVIOUS || lie == SIGNED_ITEM)
        leaf_lie(t, w, lie);
    else if (lie >= COLLECTOR_UNKNOWN && lie <= COLLECTOR_OTHER_ROLE)
        collector_lie(t, w, lie);
    else if (lie >= RUN_UNSIGNED && lie <= RUN_OTHER_TABLE) {
        if (lie == RUN_REPEATED) {
            w->d.run_sequence = (int64_t)draw(t, (uint64_t)w->d.run_sequence);
            w->d.run_last[0] = 0;
        }
        run_append(t, w, lie, &w->d.collector, &w->d.collector_private);
    } else if (lie == FUTURE || lie == LATE) {
        w->d.late_ms = lie == FUTURE ? -(8000 + (int64_t)draw(t, 1 << 30)) : 16 * 60000 + (int64_t)draw(t, 1 << 28);
        run_append(t, w, lie, &w->d.collector, &w->d.collector_private);
    } else if (lie >= MISSING_SEAL && lie <= SEAL_BEACON)
        seal_lie(t, w, lie);
    else if (lie >= KEY_BY_STRANGER && lie <= KEY_BAD_HASH)
        key_lie(t, w, lie);
    else if (lie >= LOG_RETIRED && lie <= LOG_SUCCEEDED)
        log_lie(t, w, lie);
    else if (lie == OPINION_STATE || lie == OPINION_EARLY)
        opinion_lie(t, w, lie);
    else
        blob_lie(t, w, lie);
}

static bool make(struct tamper *t, const struct tamper_class *c)
{
    struct tamper_world *w = own_new(t, false);
    for (uint64_t i = 0, n = 1 + draw(t, 3); i < n; i++) {
        test_directory_run(&w->d, 20 + draw(t, 200));
        if (draw(t, 2))
            test_directory_parameter(&w->d, (int64_t)i);
        if (draw(t, 2))
            change_lie(t, w, false, draw(t, 2));
        if (draw(t, 2))
            alert_lie(t, w, ALERT_HONEST);
        if (draw(t, 3) == 0)
            world_seal(w);
    }
    if (c->what != HONEST)
        lie_tell(t, w, (enum lie)c->what);
    for (uint64_t i = 0, n = draw(t, 3); i < n; i++)
        test_directory_parameter(&w->d, (int64_t)i);
    world_seal(w);
    return true;
}

static const struct tamper_class classes[] = {
    {"a leaf of another ledger", "E41", make, OTHER_LEDGER, NULL},
    {"a nonce that is none", "E42", make, BAD_NONCE, NULL},
    {"a leaf that breaks the rules of its type", "E42", make, OTHER_RULE, NULL},
    {"a change of a record that breaks its rule", "E42", make, OTHER_CHANGE, NULL},
    {"a scope decision that breaks the rule of changes", "E42", make, SCOPE_CHANGE, NULL},
    {"a scope decision that says neither in nor out, or of what", "E42", make, SCOPE_RULE, NULL},
    {"a scope decision that is signed", "E43", make, SCOPE_SIGNED, NULL},
    {"an alert that breaks its rule", "E42", make, ALERT_RULE, NULL},
    {"an alert that is signed", "E43", make, ALERT_SIGNED, NULL},
    {"stream sequence: jump or repeat", "E44", make, SEQUENCE, NULL},
    {"stream sequence: another leaf before", "E44", make, PREVIOUS, NULL},
    {"a time before that of the leaf before", "E50", make, BACK_IN_TIME, NULL},
    {"a collector that is not registered", "E43", make, COLLECTOR_UNKNOWN, NULL},
    {"a collector whose key was retired", "E43", make, COLLECTOR_RETIRED, NULL},
    {"a collector whose key was revoked", "E43", make, COLLECTOR_REVOKED, NULL},
    {"a run signed by a key of another role", "E43", make, COLLECTOR_OTHER_ROLE, NULL},
    {"a run without signature", "E43", make, RUN_UNSIGNED, NULL},
    {"a run's signature: flip", "E43", make, RUN_SIGNATURE, NULL},
    {"a run's signature: S + L for S", "E43", make, RUN_MALLEABLE, NULL},
    {"a run changed behind its signature", "E43", make, RUN_CHANGED, NULL},
    {"a run with more than 64 signature lines", "E40", make, RUN_MANY_LINES, NULL},
    {"a run told again", "E45", make, RUN_REPEATED, NULL},
    {"a run left out", "E45", make, RUN_LEFT_OUT, NULL},
    {"a run that follows another one", "E45", make, RUN_OTHER_PREVIOUS, NULL},
    {"a run over other rows than its item's", "E45", make, RUN_OTHER_ROWS, NULL, NULL},
    {"a run over a table that it has no item of", "E45", make, RUN_OTHER_TABLE, NULL, NULL},
    {"signatures where there are none", "E43", make, SIGNED_ITEM, NULL, NULL},
    {"observed after it was sealed", "E51", make, FUTURE, NULL, NULL},
    {"observed long before it was sealed", "W51", make, LATE, NULL, UNSEEN},
    {"a seal is missing", "W53", make, MISSING_SEAL, NULL, UNSEEN},
    {"the clock was moved", "W52", make, CLOCK_STEP, NULL, UNSEEN},
    {"a seal over another range", "E50", make, SEAL_RANGE, NULL},
    {"a seal with other stream heads", "E44", make, SEAL_HEADS, NULL, NULL},
    {"a seal without stream heads", "E50", make, SEAL_NO_HEADS, NULL, NULL},
    {"a seal with another count of erasures", "E50", make, SEAL_ERASED, NULL, NULL},
    {"a seal that names an older beacon", "E54", make, SEAL_BEACON, NULL, NULL},
    {"a key added by somebody else", "E43", make, KEY_BY_STRANGER, NULL},
    {"a key added twice", "E42", make, KEY_TWICE, NULL},
    {"a log key added without the outgoing one", "E43", make, KEY_LOG_ALONE, NULL},
    {"a key that is a point of small order", "E42", make, KEY_SMALL_ORDER, NULL},
    {"a key that is no canonical point", "E42", make, KEY_NOT_CANONICAL, NULL},
    {"a vkey whose hash is of another key", "E42", make, KEY_BAD_HASH, NULL},
    {"a log key that was retired signs on", "E10", make, LOG_RETIRED, NULL},
    {"a log key that was revoked signs on", "E10", make, LOG_REVOKED, NULL},
    {"the successor of a retired log key signs on", FINE, make, LOG_SUCCEEDED, NULL},
    {"a commitment to other bytes", "E62", make, BLOB_COMMITMENT, NULL, UNSEEN},
    {"a name of other bytes", "E63", make, BLOB_NAME, NULL, UNSEEN},
    {"a blob that its key does not open", "E61", make, BLOB_OTHER_KEY, NULL, UNSEEN},
    {"catalog digest of other tests", "E70", make, CATALOG_DIGEST, NULL, UNSEEN},
    {"an opinion on a state that never was", "E71", make, OPINION_STATE, NULL, NULL},
    {"an opinion before its period was over", "E71", make, OPINION_EARLY, NULL, NULL},
};

const struct tamper_family tamper_insider = {
    "insider", classes,    sizeof(classes) / sizeof(classes[0]), {"no lie at all", FINE, make, HONEST, NULL, NULL}, NULL, NULL,
    own_check, own_restore};
