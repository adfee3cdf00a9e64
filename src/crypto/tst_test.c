#include "base/test.h"
#include "crypto/test_tsa.h"
#include <unistd.h>

static const uint8_t NONCE[TST_NONCE_SIZE] = {0x81, 2, 3, 4, 5, 6, 7, 8};
static const struct str TEXT = {"a checkpoint\n1\nroot\n", 20};
static struct err e;

static struct buf stamp_of(struct test_tsa *t)
{
    struct buf BUF_AUTO request;
    struct buf response;
    buf_init(&request, 4096);
    buf_init(&response, 1 << 20);
    tst_request(TEXT, NONCE, &request);
    test_tsa_answer(t, buf_view(&request), &response);
    e = (struct err){0};
    return response;
}

START_TEST(a_stamp_holds_and_says_when)
{
    struct test_tsa t = test_tsa_make(&(struct test_tsa_options){0});
    struct buf BUF_AUTO stamp = stamp_of(&t);
    struct tst_info info = {0};
    ck_assert_msg(tst_read(buf_view(&stamp), &info, &e), "%s", e.text);
    ck_assert_msg(tst_answers(&info, TEXT, NONCE, &e), "%s", e.text);
    ck_assert_msg(tst_verify(buf_view(&stamp), str_of(t.ca_pem), &info, &e), "%s", e.text);
    ck_assert_int_eq(info.time_ms % 1000, 250);
    ck_assert_int_le(llabs(info.time_ms / 1000 - (long long)time(NULL)), 5);
    ck_assert_int_eq(info.accuracy_ms, 1500);
    ck_assert_str_eq(info.signer, "/CN=Test time stamps");
    ck_assert_str_eq(info.policy, "1.3.6.1.4.1.99999.1");
    ck_assert(info.has_nonce && info.nonce == UINT64_C(0x8102030405060708));
    ck_assert(!tst_answers(&info, STR("other"), NONCE, &e) && e.code == ERR_CORRUPT);
    ck_assert(!tst_answers(&info, TEXT, (const uint8_t *)"12345678", &e) && e.code == ERR_CORRUPT);
    test_tsa_release(&t);
}
END_TEST

START_TEST(a_stamp_is_judged_at_its_own_time)
{
    time_t then = 1577836800; /* 2020: the certificate has run out since */
    struct test_tsa t = test_tsa_make(&(struct test_tsa_options){.not_before = then - 1000, .not_after = then + 1000});
    struct tst_info info;
    t.now = then;
    struct buf BUF_AUTO good = stamp_of(&t);
    ck_assert_msg(tst_verify(buf_view(&good), str_of(t.ca_pem), &info, &e), "%s", e.text);
    ck_assert_int_eq(info.time_ms, (int64_t)then * 1000 + 250);
    t.now = then + 2000;
    struct buf BUF_AUTO late = stamp_of(&t);
    ck_assert(!tst_verify(buf_view(&late), str_of(t.ca_pem), &info, &e) && e.code == ERR_CORRUPT);
    ck_assert_msg(strstr(e.text, "expired"), "%s", e.text);
    test_tsa_release(&t);
}
END_TEST

static struct buf stamp_with_usage(struct test_tsa *t, const struct buf *stamp, const char *usage)
{
    const unsigned char *at = (const unsigned char *)stamp->data;
    TS_RESP *response = d2i_TS_RESP(NULL, &at, (long)stamp->size);
    X509 *bad = test_certificate("Test time stamps", t->key, t->ca, t->ca_key, time(NULL) - 3600, time(NULL) + 3600, usage);
    ck_assert(response && X509_set_serialNumber(bad, X509_get_serialNumber(t->certificate)) == 1);
    ck_assert(X509_sign(bad, t->ca_key, EVP_sha256()) > 0);
    STACK_OF(X509) *certificates = TS_RESP_get_token(response)->d.sign->cert;
    X509_free(sk_X509_value(certificates, 0));
    sk_X509_set(certificates, 0, bad);
    unsigned char *der = NULL;
    int size = i2d_TS_RESP(response, &der);
    struct buf changed;
    buf_init(&changed, 1 << 20);
    buf_append(&changed, der, (size_t)size);
    OPENSSL_free(der);
    TS_RESP_free(response);
    return changed;
}

START_TEST(strangers_and_other_certificates_are_refused)
{
    struct test_tsa t = test_tsa_make(&(struct test_tsa_options){0}), stranger = test_tsa_make(&(struct test_tsa_options){0});
    struct tst_info info;
    struct buf BUF_AUTO stamp = stamp_of(&t);
    ck_assert(!tst_verify(buf_view(&stamp), str_of(stranger.ca_pem), &info, &e) && e.code == ERR_CORRUPT);
    /* A certificate for something else in the place of the signer's: same key, same name, same number. */
    static const char *const usages[] = {"timeStamping", "critical,timeStamping,codeSigning", "critical,serverAuth"};
    for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
        struct buf BUF_AUTO changed = stamp_with_usage(&t, &stamp, usages[i]);
        e = (struct err){0};
        ck_assert(!tst_verify(buf_view(&changed), str_of(t.ca_pem), &info, &e) && e.code == ERR_CORRUPT);
        ck_assert_msg(strstr(e.text, "purpose"), "%s", e.text);
    }
    test_tsa_release(&t);
    test_tsa_release(&stranger);
}
END_TEST

START_TEST(a_revoked_authority_loses_its_stamps_unless_it_just_closed)
{
    struct test_tsa t = test_tsa_make(&(struct test_tsa_options){0});
    time_t now = time(NULL);
    static const struct {
        int offset, reason;
        bool is_good;
    } cases[] = {{-60, CRL_REASON_KEY_COMPROMISE, false}, {60, CRL_REASON_KEY_COMPROMISE, false}, {60, -1, false},
                 {-60, CRL_REASON_SUPERSEDED, false},     {60, CRL_REASON_SUPERSEDED, true},      {60, CRL_REASON_CESSATION_OF_OPERATION, true}};
    struct buf BUF_AUTO stamp = stamp_of(&t);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char pem[8192];
        struct tst_info info;
        X509_CRL *crl = test_tsa_revoke(&t, now + cases[i].offset, cases[i].reason);
        snprintf(pem, sizeof(pem), "%s", t.ca_pem);
        test_pem_add(pem, sizeof(pem), NULL, crl);
        e = (struct err){0};
        ck_assert_msg(tst_verify(buf_view(&stamp), str_of(pem), &info, &e) == cases[i].is_good, "case %zu: %s", i, e.text);
        X509_CRL_free(crl);
    }
    test_tsa_release(&t);
}
END_TEST

START_TEST(a_refusal_is_told_in_the_authoritys_words)
{
    struct test_tsa t = test_tsa_make(&(struct test_tsa_options){0});
    struct buf BUF_AUTO response;
    struct tst_info info;
    buf_init(&response, 1 << 20);
    test_tsa_answer(&t, STR("no request"), &response);
    ck_assert(!tst_read(buf_view(&response), &info, &e));
    ck_assert_int_eq(e.code, ERR_UNAVAILABLE);
    ck_assert_msg(strstr(e.text, "refused (status 2)"), "%s", e.text);
    test_tsa_release(&t);
}
END_TEST

/* Every single-bit change is either refused, or changes nothing that the token's signature covers. */
START_TEST(changed_bytes_never_change_what_is_believed)
{
    struct test_tsa t = test_tsa_make(&(struct test_tsa_options){0});
    struct buf BUF_AUTO stamp = stamp_of(&t);
    struct tst_info good, info;
    ck_assert(tst_verify(buf_view(&stamp), str_of(t.ca_pem), &good, &e));
    size_t refused = 0;
    for (size_t i = 0; i < stamp.size; i++) {
        stamp.data[i] ^= (char)(1 << (i % 8));
        if (!tst_verify(buf_view(&stamp), str_of(t.ca_pem), &info, &e))
            refused++;
        else
            ck_assert(sha256_equal(info.imprint, good.imprint) && info.time_ms == good.time_ms && info.nonce == good.nonce);
        stamp.data[i] ^= (char)(1 << (i % 8));
    }
    ck_assert_uint_ge(refused, stamp.size * 9 / 10);
    for (size_t size = 0; size < stamp.size; size += 7)
        ck_assert(!tst_read(str_make(stamp.data, size), &info, &e));
    buf_char(&stamp, 0);
    ck_assert(!tst_read(buf_view(&stamp), &info, &e) && e.code == ERR_CORRUPT);
    test_tsa_release(&t);
}
END_TEST

START_TEST(authorities_are_certificates_and_crls_only)
{
    struct test_tsa t = test_tsa_make(&(struct test_tsa_options){0});
    char subject[256];
    ck_assert_msg(tst_ca_check(str_of(t.ca_pem), subject, &e), "%s", e.text);
    ck_assert_str_eq(subject, "/CN=Test authority");
    ck_assert(!tst_ca_check(STR(""), subject, &e) && e.code == ERR_INVALID);
    ck_assert(!tst_ca_check(STR("hello"), subject, &e) && e.code == ERR_INVALID);
    /* OpenSSL would ask whoever sits at the terminal, or read what comes in at descriptor 0, for a passphrase. */
    static const char locked[] = "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
                                 "AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAAAAAAAAAAAAAAAAAAAA==\n-----END CERTIFICATE-----\n";
    int pipes[2];
    char left;
    ck_assert(pipe(pipes) == 0 && write(pipes[1], "passphrase\n", 11) == 11 && dup2(pipes[0], 0) == 0);
    close(pipes[1]);
    setsid(); /* no terminal to ask at */
    ck_assert(!tst_ca_check(STR(locked), subject, &e) && e.code == ERR_INVALID);
    ck_assert_int_eq(read(pipes[0], &left, 1), 1);
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    ck_assert(PEM_write_bio_PrivateKey(bio, t.key, NULL, NULL, 0, NULL, NULL) == 1);
    long n = BIO_get_mem_data(bio, &data);
    ck_assert(!tst_ca_check(str_make(data, (size_t)n), subject, &e) && e.code == ERR_INVALID);
    BIO_free(bio);
    test_tsa_release(&t);
}
END_TEST

TEST_MAIN("tst", a_stamp_holds_and_says_when, a_stamp_is_judged_at_its_own_time, strangers_and_other_certificates_are_refused,
          a_revoked_authority_loses_its_stamps_unless_it_just_closed, a_refusal_is_told_in_the_authoritys_words,
          changed_bytes_never_change_what_is_believed, authorities_are_certificates_and_crls_only)
