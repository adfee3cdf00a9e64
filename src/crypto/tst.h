/*
 * tst.h - time stamps of RFC 3161: asking for one, reading one, and checking it at its own time. By OpenSSL's TS; over SHA-256 only.
 *
 * What is stored is the whole TimeStampResp as the authority sent it (DER), as `openssl ts -verify -in` takes it. tst_read trusts
 * nobody: it takes the bytes apart within limits and says what they claim. tst_verify believes a claim: the token is signed by a
 * certificate for time stamping that chains, at the claimed time, to an authority of the caller. So a token stays good when
 * certificates run out, which is the point of archiving the chain beside it.
 *
 *     tst_request(text, nonce, &request, e);                        ... POST it as application/timestamp-query ...
 *     tst_read(answer, &info, e) && tst_answers(&info, text, nonce, e) && tst_verify(answer, ca_pem, &info, e)
 */
#ifndef CRYPTO_TST_H
#define CRYPTO_TST_H

#include "crypto/crypto.h"

enum { TST_BYTES_MAX = 48 << 10, TST_CERTIFICATES_MAX = 16, TST_CA_BYTES_MAX = 256 << 10, TST_NONCE_SIZE = 8 };

struct tst_info {
    struct sha256 imprint;
    int64_t time_ms;     /* genTime, UTC */
    int64_t accuracy_ms; /* 0: not stated */
    bool has_nonce;
    uint64_t nonce; /* its value when it fits 64 bits; has_nonce is false when it does not */
    char serial[48];   /* hex */
    char policy[64];   /* OID, dotted */
    char signer[256];  /* subject of the certificate, one line; filled by tst_verify */
};

/* A TimeStampReq (RFC 3161 2.4.1) over SHA-256 of `data`, with the nonce and certReq, in DER. */
void tst_request(struct str data, const uint8_t nonce[TST_NONCE_SIZE], struct buf *out);
/* Takes a TimeStampResp apart: granted, nothing behind it, a version 1 TSTInfo over SHA-256, one signer, time with zone Z. ERR_CORRUPT:
 * no such thing; ERR_UNAVAILABLE: a well-formed refusal, the text says why; ERR_TOO_LARGE. */
bool tst_read(struct str response, struct tst_info *ret, struct err *e) MUST_USE;
/* The imprint is that of `data`, and the nonce is the one that was sent (NULL: not asked). ERR_CORRUPT. */
bool tst_answers(const struct tst_info *info, struct str data, const uint8_t *nonce, struct err *e) MUST_USE;
/* As tst_read, then the signature, the signer's ESS certificate id, its extended key usage (critical, timeStamping alone), and its
 * chain to a certificate of `ca_pem` as of the stamp's own time. ca_pem holds CERTIFICATE blocks, all of them trusted, and X509 CRL
 * blocks: a certificate of the chain that one of them lists is refused, unless it was revoked after the stamp for a reason that
 * leaves earlier stamps good (RFC 3161 section 4). ERR_CORRUPT: does not hold; ERR_INVALID: ca_pem is not usable. */
bool tst_verify(struct str response, struct str ca_pem, struct tst_info *ret, struct err *e) MUST_USE;
/* Whether ca_pem can be used: at least one certificate, nothing but certificates and CRLs. ret_subject: of the first. ERR_INVALID. */
bool tst_ca_check(struct str ca_pem, char ret_subject[256], struct err *e) MUST_USE;

#endif
