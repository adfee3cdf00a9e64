/* Rekor v2 bundles of sigstore-conformance: their checkpoints, inclusion proofs and time stamps are formats of ours, too. What else
 * is in a bundle (certificates of Fulcio, entries, DSSE) is Sigstore's own and not read here. See vectors.h. */
#include "crypto/tst.h"
#include "ledger/ledger.h"
#include "vectors.h"

static struct arena *arena;

static void setup(void) { arena = arena_new("bundles", 64 << 20); }
static void teardown(void) { arena_free(arena); }

/* What must come out of the parts that we read. Where a case is to be refused for a reason that is not in them, all of them may hold. */
enum { HEAD = 1, PROOF = 2, STAMP = 4, ALL = 7 };
static const struct {
    const char *name;
    int holds;
} cases[] = {
    {"rekor2-happy-path", ALL},
    {"rekor2-checkpoint-cosigned", ALL},
    {"rekor2-checkpoint-multiple-cosigs", ALL},
    {"rekor2-checkpoint-origin-not-first", ALL},
    {"rekor2-checkpoint-two-sigs-cosigned", ALL},
    {"rekor2-checkpoint-two-sigs-from-origin", ALL},
    {"rekor2-dsse-happy-path", HEAD | PROOF}, /* its stamp comes without the signer's certificate */
    {"rekor2-timestamp-with-embedded-cert", ALL},
    {"rekor2-timestamp-without-embedded-cert", HEAD | PROOF}, /* we always ask for it (certReq), and refuse what lacks it */
    {"rekor2-timestamp-with-expired-cert-chain", ALL},
    {"rekor2-checkpoint-missing-log-signature_fail", STAMP},
    {"rekor2-checkpoint-missing-origin_fail", STAMP},
    {"rekor2-checkpoint-missing-root-hash_fail", STAMP},
    {"rekor2-checkpoint-missing-size_fail", STAMP},
    {"rekor2-checkpoint-no-matching-signature_fail", PROOF | STAMP},
    {"rekor2-no-inclusion-proof_fail", STAMP},
    {"rekor2-no-timestamp_fail", HEAD | PROOF},
    {"rekor2-timestamp-outside-tsa-cert-validity_fail", HEAD | PROOF},
    {"rekor2-timestamp-payload-mismatch_fail", HEAD | PROOF},
    {"rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail", HEAD | PROOF},
    {"rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail", HEAD | PROOF},
    {"rekor2-timestamp-outside-trust-root-tsa-validity_fail", ALL}, /* when an authority was in use is Sigstore's list */
    {"rekor2-timestamp-with-incorrect-time_fail", ALL}, /* wrong beside Fulcio's certificate only */
    {"rekor2-dsse-invalid-sig_fail", HEAD | PROOF}, /* these three also fail for what is not ours: the artefact's signature */
    {"rekor2-dsse-mismatch-envelope_fail", HEAD | PROOF},
    {"rekor2-dsse-mismatch-sig_fail", HEAD | PROOF},
};

/* The last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the key. */
static bool log_key(const struct json *root, struct str origin, struct note_key *ret)
{
    JSON_EACH (log, json_get(root, "tlogs")) {
        const struct json *key = json_get(log, "publicKey");
        struct str url = json_text(log, "baseUrl"), spki = vector_base64(arena, json_text(key, "rawBytes"));
        if (!str_is(json_text(key, "keyDetails"), "PKIX_ED25519") || spki.size != 44 ||
            !str_equal(str_slice(url, strlen("https://"), url.size), origin))
            continue;
        struct ed25519_public public_key;
        memcpy(public_key.bytes, spki.data + 12, sizeof(public_key.bytes));
        *ret = note_key_make(arena_str(arena, origin).data, public_key);
        return true;
    }
    return false;
}

static int check_log(const struct json *entry, const struct json *root)
{
    const struct json *inclusion = json_get(entry, "inclusionProof");
    struct str note = json_text(json_get(inclusion, "checkpoint"), "envelope"), text, lines;
    struct checkpoint c;
    struct note_key key;
    struct err e = {0};
    struct sha256 proof[64];
    size_t count = 0;
    if (!inclusion || !checkpoint_parse(note, &c, &text, &lines, &e))
        return 0;
    int holds = log_key(root, str_of(c.origin), &key) && note_verify(text, lines, &key, &e) ? HEAD : 0;
    JSON_EACH (h, json_get(inclusion, "hashes")) {
        ck_assert_uint_lt(count, 64);
        proof[count++] = vector_hash(vector_base64(arena, h->text));
    }
    struct str body = vector_base64(arena, json_text(entry, "canonicalizedBody"));
    ck_assert_uint_gt(body.size, 0);
    if (c.size == vector_u64(arena, inclusion, "treeSize") &&
        merkle_inclusion_holds(vector_u64(arena, inclusion, "logIndex"), c.size, merkle_leaf_hash(body), c.root, proof, count)) {
        struct sha256 changed = merkle_leaf_hash(str_slice(body, 0, body.size - 1));
        ck_assert(!merkle_inclusion_holds(vector_u64(arena, inclusion, "logIndex"), c.size, changed, c.root, proof, count));
        holds |= PROOF;
    }
    return holds;
}

static struct str authorities(const struct json *root)
{
    struct buf BUF_AUTO pem;
    buf_init(&pem, 1 << 20);
    JSON_EACH (authority, json_get(root, "timestampAuthorities"))
        JSON_EACH (certificate, json_get(json_get(authority, "certChain"), "certificates")) {
            struct str text = json_text(certificate, "rawBytes");
            buf_cstr(&pem, "-----BEGIN CERTIFICATE-----\n");
            for (size_t at = 0; at < text.size; at += 64)
                buf_printf(&pem, "%.*s\n", STR_ARGS(str_slice(text, at, at + 64)));
            buf_cstr(&pem, "-----END CERTIFICATE-----\n");
        }
    return arena_str(arena, buf_view(&pem));
}

static int check_stamps(const struct json *bundle, const struct json *root, char why[512])
{
    struct str signature = json_text(json_get(bundle, "messageSignature"), "signature");
    if (signature.size == 0)
        signature = json_text(json_at(json_get(json_get(bundle, "dsseEnvelope"), "signatures"), 0), "sig");
    signature = vector_base64(arena, signature);
    const struct json *stamps = json_path(bundle, "verificationMaterial.timestampVerificationData.rfc3161Timestamps");
    struct str ca = authorities(root);
    snprintf(why, 512, "no stamp");
    if (!json_at(stamps, 0))
        return 0;
    JSON_EACH (stamp, stamps) {
        struct tst_info info;
        struct err e = {0};
        struct str token = vector_base64(arena, json_text(stamp, "signedTimestamp"));
        if (!tst_read(token, &info, &e) || !tst_answers(&info, signature, NULL, &e) || !tst_verify(token, ca, &info, &e)) {
            snprintf(why, 512, "%s", e.text);
            return 0;
        }
        why[0] = '\0';
    }
    return STAMP;
}

START_TEST(bundles_of_rekor_hold_and_fail_as_their_authors_say)
{
    if (vector_directory(arena, "rekor2-bundles") < 0)
        return;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char why[512];
        const struct json *bundle = vector_json(arena, arena_printf(arena, "rekor2-bundles/%s/bundle.sigstore.json", cases[i].name).data);
        const struct json *root = vector_json(arena, arena_printf(arena, "rekor2-bundles/%s/trusted_root.json", cases[i].name).data);
        ck_assert(bundle && root);
        int got = check_log(json_at(json_path(bundle, "verificationMaterial.tlogEntries"), 0), root) | check_stamps(bundle, root, why);
        ck_assert_msg(got == cases[i].holds, "%s: %d instead of %d: %s", cases[i].name, got, cases[i].holds, why);
    }
}
END_TEST

VECTORS_MAIN("conformance_rekor", bundles_of_rekor_hold_and_fail_as_their_authors_say)
