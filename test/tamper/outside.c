/* outside.c - what others vouch for, and what was destroyed or moved: cosignatures, time stamps, erasures, holds, blobs encrypted anew. Written by the real
 * writer. */
#include "tamper.h"

enum lie {
    NOTE_LOG_KEY,
    NOTE_OTHER_ROOT,
    NOTE_SIGNATURE,
    NOTE_ONE_SIGNATURE,
    NOTE_OLDER,
    NOTE_SMALLER,
    NOTE_LEAF_SIZE,
    ANCHOR_BEFORE,
    ANCHOR_AHEAD,
    STAMP_OTHER_BYTES,
    STAMP_REPLACED,
    STAMP_STRANGER,
    STAMP_UNKNOWN,
    STAMP_EARLY,
    STAMP_TIME,
    STAMP_FLIPPED,
    ERASE_UNSIGNED,
    ERASE_BY_COLLECTOR,
    ERASE_BY_RETIRED,
    ERASE_CHANGED,
    ERASE_OTHER_HASH,
    ERASE_OTHER_COMMITMENT,
    ERASE_OTHER_LEAF,
    ERASE_HELD,
    ERASE_BYTES_THERE,
    ERASE_KEY_THERE,
    ERASED_ALONE,
    GONE,
    KEY_GONE,
    OTHER_HISTORY,
    MOVE_OTHER_COMMITMENT,
    MOVE_OTHER_BYTES,
    MOVE_OTHER_LEAF,
    MOVE_TWICE,
    KEYRING_NO_ID,
    KEYRING_NO_ACT,
    KEYRING_ENDS_ALONE
};

/* The note of the published checkpoint, with the lie in it. */
static struct str note_make(struct tamper *t, struct tamper_world *w, enum lie lie, struct checkpoint *ret)
{
    struct buf BUF_AUTO text, note;
    struct ed25519_private other = {{(uint8_t)(100 + draw(t, 100)), 9}};
    struct note_key other_key = note_key_make(TEST_ORIGIN, ed25519_public_of(&other));
    bool is_other_log = lie == NOTE_LOG_KEY;
    buf_init(&text, 4096);
    buf_init(&note, 8192);
    (void)world_note(w, ret);
    if (lie == NOTE_OTHER_ROOT || lie == OTHER_HISTORY)
        ret->root.bytes[draw(t, 32)] ^= (uint8_t)(1 + draw(t, 255));
    checkpoint_text(ret, &text);
    buf_str(&note, checkpoint_signed(w->d.arena, ret, is_other_log ? &other_key : &w->d.ledger.key,
                                     is_other_log ? &other : &w->d.ledger.private_key));
    uint64_t time_s = (uint64_t)w->d.ledger.now_ms / 1000 - (lie == NOTE_OLDER ? 400 + draw(t, 86400) : 0);
    int bad = (int)draw(t, 2);
    for (int i = 0; i < 2; i++)
        if (lie != NOTE_ONE_SIGNATURE || i == bad)
            cosignature_sign_line(&w->witness[i], lie == NOTE_SIGNATURE && i == bad ? &other : &w->witness_private[i],
                                  buf_view(&text), time_s, &note);
    return arena_str(w->d.arena, buf_view(&note));
}

/* An anchor leaf of cosignatures, as if `note` were what the witnesses gave. */
static void anchor_append(struct tamper_world *w, struct anchor *a)
{
    a->by = STR("w0,w1");
    a->digest = sha256_of(a->note);
    world_append(w, "anchor", S_ANCHOR, anchor_leaf_body(w->d.arena, a), STR(""));
}

static void cosigned_append(struct tamper *t, struct tamper_world *w, enum lie lie)
{
    struct anchor a = {.at_ms = w->d.ledger.now_ms / 1000 * 1000};
    a.note = note_make(t, w, lie, &a.checkpoint);
    if (lie == NOTE_LEAF_SIZE)
        a.checkpoint.size += 1 + draw(t, 100);
    if (lie == ANCHOR_BEFORE)
        a.at_ms -= 7200000 + (int64_t)draw(t, 1 << 30);
    anchor_append(w, &a);
}

static void stamped_append(struct tamper *t, struct tamper_world *w, enum lie lie)
{
    static const uint8_t nonce[TST_NONCE_SIZE] = {1};
    struct buf BUF_AUTO request, stamp;
    struct blob_sealed sealed;
    struct anchor a = {.is_tst = true, .by = lie == STAMP_UNKNOWN ? STR("nobody") : STR("t")};
    struct test_tsa *tsa = lie == STAMP_STRANGER ? &w->stranger : &w->tsa;
    buf_init(&request, 4096);
    buf_init(&stamp, 1 << 20);
    a.note = world_note(w, &a.checkpoint);
    tsa->now = (time_t)(w->d.ledger.now_ms / 1000) - (lie == STAMP_EARLY ? 400 + (time_t)draw(t, 80000) : 0);
    struct str other = arena_str(w->d.arena, a.note);
    ((char *)(uintptr_t)other.data)[draw(t, other.size)] ^= 1;
    tst_request(lie == STAMP_OTHER_BYTES ? other : a.note, nonce, &request);
    test_tsa_answer(tsa, buf_view(&request), &stamp);
    if (lie == STAMP_FLIPPED)
        stamp.data[stamp.size - 1 - draw(t, 60)] ^= (char)(1 << draw(t, 8)); /* in its signature, which comes last */
    a.at_ms = (int64_t)tsa->now * 1000 + 250 + (lie == STAMP_TIME ? 1000 + (int64_t)draw(t, 4000) : 0);
    a.digest = sha256_of(lie == STAMP_REPLACED ? other : buf_view(&stamp));
    struct json *leaf = anchor_leaf_body(w->d.arena, &a);
    json_put(leaf, "b", world_blob(w, buf_view(&stamp), &sealed));
    world_append(w, "anchor", S_ANCHOR, leaf, STR(""));
}

static void erase_append(struct tamper *t, struct tamper_world *w, enum lie lie)
{
    struct blob_sealed blob, other;
    struct err e = {0};
    struct json *upload = json_object(w->d.arena);
    char plain[40];
    snprintf(plain, sizeof(plain), "%llu", (unsigned long long)draw(t, UINT64_MAX));
    world_blob(w, STR("other"), &other);
    uint64_t target = ledger_size(w->d.writer), of = 0;
    json_put(upload, "b", world_blob(w, str_of(plain), &blob));
    world_append(w, "upload", S_FREE, upload, STR(""));
    struct sha256 hash = w->more[S_FREE].last, name;
    ck_assert(hex_decode(str_of(blob.x), name.bytes, 32));
    if (draw(t, 2))
        world_seal(w);
    if (lie == ERASE_HELD)
        world_hold(w, target);
    if (lie == GONE || lie == KEY_GONE) {
        ck_assert(keyring_erase(w->d.keys, &name, 1, &e));
        ck_assert(lie == KEY_GONE || pack_erase(w->d.packs, &name, 1, &e));
        return;
    }
    struct blob_sealed named = blob;
    if (lie == ERASE_OTHER_COMMITMENT)
        memcpy(named.c, other.c, sizeof(named.c));
    if (lie == ERASE_OTHER_HASH)
        hash.bytes[draw(t, 32)] ^= (uint8_t)(1 + draw(t, 255));
    struct json *erase = world_erase_body(w, lie == ERASE_OTHER_LEAF ? draw(t, target) : target, hash, &named);
    struct str line = world_erase_sign(w, erase, lie == ERASE_BY_COLLECTOR ? &w->d.collector : &w->officer,
                                       lie == ERASE_BY_COLLECTOR ? &w->d.collector_private : &w->officer_private);
    if (lie == ERASE_BY_RETIRED) {
        struct json *leaf = json_object(w->d.arena), *statement = json_put_object(leaf, "key");
        json_put_cstr(statement, "act", "retire");
        json_put_cstr(statement, "role", "officer");
        json_put_str(statement, "vkey", vkey_text(w->d.arena, &w->officer));
        test_directory_append(&w->d, "key", 0, leaf,
                              test_statement_sign(&w->d, "assay/key@v1", statement, &w->d.root, &w->d.root_private));
    }
    if (lie == ERASE_CHANGED)
        ((struct json *)(uintptr_t)json_get(erase, draw(t, 2) ? "hor" : "req"))->integer += 1 + (int64_t)draw(t, 100);
    of = ledger_size(w->d.writer);
    if (lie != ERASED_ALONE)
        world_append(w, "erase", S_ERASE, erase, lie == ERASE_UNSIGNED ? STR("") : line);
    ck_assert(lie == ERASE_KEY_THERE || keyring_erase(w->d.keys, &name, 1, &e));
    ck_assert(lie == ERASE_BYTES_THERE || pack_erase(w->d.packs, &name, 1, &e));
    struct json *erased = json_object(w->d.arena);
    json_put_int(erased, "of", (int64_t)(lie == ERASED_ALONE ? draw(t, of) : of));
    json_put_str(erased, "x", arena_str(w->d.arena, str_of(blob.x)));
    world_append(w, "erased", S_ERASE, erased, STR(""));
    w->d.erased++;
}

/* A blob that is said to lie under another name now: what is said cannot be. */
static void move_append(struct tamper *t, struct tamper_world *w, enum lie lie)
{
    struct blob_sealed blob, other;
    struct json *upload = json_object(w->d.arena);
    char plain[40];
    snprintf(plain, sizeof(plain), "%llu", (unsigned long long)draw(t, UINT64_MAX));
    world_blob(w, STR("other"), &other);
    uint64_t target = ledger_size(w->d.writer);
    json_put(upload, "b", world_blob(w, str_of(plain), &blob));
    world_append(w, "upload", S_FREE, upload, STR(""));
    if (draw(t, 2))
        world_seal(w);
    for (int i = 0; i <= (lie == MOVE_TWICE); i++) {
        struct json *move = json_object(w->d.arena);
        json_put_str(move, "c", arena_str(w->d.arena, str_of(lie == MOVE_OTHER_COMMITMENT ? other.c : blob.c)));
        json_put_str(move, "from", arena_str(w->d.arena, str_of(lie == MOVE_OTHER_BYTES ? other.x : blob.x)));
        json_put_int(move, "of", (int64_t)(lie == MOVE_OTHER_LEAF ? draw(t, target) : target));
        json_put_str(move, "x", arena_str(w->d.arena, str_of(other.x)));
        world_append(w, "reencrypt", S_FREE, move, STR(""));
    }
}

/* A record of the master key that does not follow from the records before it. */
static void keyring_append(struct tamper *t, struct tamper_world *w, enum lie lie)
{
    struct json *record = json_object(w->d.arena), *said = json_put_object(record, "keyring");
    uint8_t id[(KEY_CHECK_SIZE - 1) / 2];
    env_random(&w->d.ledger.env, id, sizeof(id));
    json_put_cstr(record, "type", "keyring");
    json_put_cstr(said, "act", lie == KEYRING_ENDS_ALONE ? "rewrapped" : lie == KEYRING_NO_ACT ? "rewrote" : "rewrap");
    json_put_hex(said, "id", id, lie == KEYRING_NO_ID ? draw(t, sizeof(id)) : sizeof(id));
    if (lie == KEYRING_ENDS_ALONE)
        json_put_int(said, "of", (int64_t)draw(t, ledger_size(w->d.writer)));
    world_append(w, "record", S_FREE, record, STR(""));
}

/* The evidence that a witness was shown something else. */
static void fork_keep(struct tamper *t, struct tamper_world *w)
{
    struct checkpoint c;
    struct err e = {0};
    int private_dir = openat(w->d.ledger.dir, "private", O_RDONLY | O_DIRECTORY);
    struct str ours = world_note(w, &c), theirs = note_make(t, w, OTHER_HISTORY, &c);
    ck_assert(anchor_log_append(&os_file_real, private_dir, ANCHOR_FORK_FILE, theirs, &e) &&
              anchor_log_append(&os_file_real, private_dir, ANCHOR_FORK_FILE, ours, &e));
    close(private_dir);
}

static bool make(struct tamper *t, const struct tamper_class *c)
{
    enum lie lie = (enum lie)c->what;
    bool is_honest = c->what == HONEST;
    struct tamper_world *w = own_new(t, is_honest || lie < ERASE_UNSIGNED || lie == OTHER_HISTORY);
    test_directory_run(&w->d, 20 + draw(t, 200));
    world_seal(w);
    if (lie == NOTE_OLDER || lie == STAMP_EARLY || lie == NOTE_SMALLER) {
        world_cosigned(w);
        test_directory_parameter(&w->d, (int64_t)draw(t, 100));
        if (lie == NOTE_SMALLER) { /* an older note is recorded after a newer one */
            struct anchor a = {.at_ms = w->d.ledger.now_ms / 1000 * 1000};
            a.note = world_note(w, &a.checkpoint);
            world_seal(w);
            world_cosigned(w);
            anchor_append(w, &a);
        }
        world_seal(w);
    }
    if (is_honest) {
        world_cosigned(w);
        world_stamped(w);
    } else if (lie == ANCHOR_AHEAD) { /* a checkpoint of more leaves than there are */
        struct anchor a = {.at_ms = w->d.ledger.now_ms / 1000 * 1000};
        (void)world_note(w, &a.checkpoint);
        a.checkpoint.size += 50 + draw(t, 1000);
        a.note = checkpoint_signed(w->d.arena, &a.checkpoint, &w->d.ledger.key, &w->d.ledger.private_key);
        anchor_append(w, &a);
    } else if (lie <= ANCHOR_BEFORE && lie != NOTE_SMALLER)
        cosigned_append(t, w, lie);
    else if (lie >= STAMP_OTHER_BYTES && lie <= STAMP_FLIPPED)
        stamped_append(t, w, lie);
    else if (lie >= ERASE_UNSIGNED && lie <= KEY_GONE)
        erase_append(t, w, lie);
    else if (lie >= MOVE_OTHER_COMMITMENT && lie <= MOVE_TWICE)
        move_append(t, w, lie);
    else if (lie >= KEYRING_NO_ID)
        keyring_append(t, w, lie);
    else if (lie == OTHER_HISTORY)
        fork_keep(t, w);
    for (uint64_t i = 0, n = draw(t, 3); i < n; i++)
        test_directory_parameter(&w->d, (int64_t)i);
    world_seal(w);
    return true;
}

static const struct tamper_class classes[] = {
    {"a cosigned note by another log key", "E10", make, NOTE_LOG_KEY, NULL, NULL},
    {"a cosigned note of another root", "E12", make, NOTE_OTHER_ROOT, NULL, "E20 E12"},
    {"a cosignature by somebody else", "E11", make, NOTE_SIGNATURE, NULL, NULL},
    {"fewer cosignatures than the policy asks for", "E11", make, NOTE_ONE_SIGNATURE, NULL, NULL},
    {"cosignatures older than those before", "E13", make, NOTE_OLDER, NULL, NULL},
    {"a cosigned note smaller than the one before", "E13", make, NOTE_SMALLER, NULL, NULL},
    {"an anchor leaf of another size than its note", "E42", make, NOTE_LEAF_SIZE, NULL, "E20 E42"},
    {"an anchor before what it covers was observed", "E51", make, ANCHOR_BEFORE, NULL, NULL},
    {"an anchor of leaves that were not there", "E54 E14", make, ANCHOR_AHEAD, NULL, "E20 E54 E14"},
    {"time stamp: another imprint", "E20", make, STAMP_OTHER_BYTES, NULL, UNSEEN},
    {"time stamp: not the one recorded", "E20", make, STAMP_REPLACED, NULL, UNSEEN},
    {"time stamp: by a stranger", "E21", make, STAMP_STRANGER, NULL, UNSEEN},
    {"time stamp: by an authority that is not registered", "E21", make, STAMP_UNKNOWN, NULL, UNSEEN},
    {"time stamp: older than a cosignature before it", "E22", make, STAMP_EARLY, NULL, UNSEEN},
    {"time stamp: the leaf tells another time", "E20", make, STAMP_TIME, NULL, UNSEEN},
    {"time stamp: its signature flipped", "E21 E20", make, STAMP_FLIPPED, NULL, UNSEEN},
    {"erase leaf: unsigned", "E43", make, ERASE_UNSIGNED, NULL},
    {"erase leaf: signed by a collector", "E43", make, ERASE_BY_COLLECTOR, NULL},
    {"erase leaf: signed by an officer's key that was retired", "E43", make, ERASE_BY_RETIRED, NULL},
    {"erase leaf: changed behind its signature", "E43", make, ERASE_CHANGED, NULL},
    {"erase leaf: another leaf hash", "E63", make, ERASE_OTHER_HASH, NULL},
    {"erase leaf: another commitment", "E63", make, ERASE_OTHER_COMMITMENT, NULL},
    {"erase leaf: of another leaf", "E63", make, ERASE_OTHER_LEAF, NULL},
    {"erase leaf: of what is on hold", "E64", make, ERASE_HELD, NULL},
    {"erased, and the sealed bytes are there", "E65", make, ERASE_BYTES_THERE, NULL, UNSEEN},
    {"erased, and the key is there", "E65", make, ERASE_KEY_THERE, NULL, UNSEEN},
    {"erased leaf without an erase leaf", "E63", make, ERASED_ALONE, NULL, NULL},
    {"a blob gone without a leaf", "E63", make, GONE, NULL, UNSEEN},
    {"a key lost without a leaf", "E61", make, KEY_GONE, NULL, UNSEEN},
    {"encrypted anew: another commitment", "E63", make, MOVE_OTHER_COMMITMENT, NULL, NULL},
    {"encrypted anew: from other bytes", "E63", make, MOVE_OTHER_BYTES, NULL, NULL},
    {"encrypted anew: of another leaf", "E63", make, MOVE_OTHER_LEAF, NULL, NULL},
    {"encrypted anew: the same bytes twice", "E63", make, MOVE_TWICE, NULL, NULL},
    {"keyring record: no master key", "E42", make, KEYRING_NO_ID, NULL, NULL},
    {"keyring record: no act", "E42", make, KEYRING_NO_ACT, NULL, NULL},
    {"keyring record: ends what none began", "E42", make, KEYRING_ENDS_ALONE, NULL, NULL},
    {"evidence of another history", "E12", make, OTHER_HISTORY, NULL, UNSEEN},
};

const struct tamper_family tamper_outside = {"outside",
                                             classes,
                                             sizeof(classes) / sizeof(classes[0]),
                                             {"anchors as they should be", FINE, make, HONEST, NULL, NULL},
                                             NULL,
                                             NULL,
                                             own_check,
                                             own_restore};
