/*
 * audit_sign.h - an auditor's own key: what it signs, whose it is, and that nothing of theirs is written without it.
 *
 * The key is made on the auditor's machine and never leaves it. The ledger registers it as role `auditor` under the name
 *
 *     <origin>/auditor/<person>            as in assay.example.org/assay/0123456789abcdef/auditor/P-0007
 *
 * so the name says whose it is, and the next key of that name has to be signed for by the one that goes (ledger/keys.h). From then on sign-offs of test
 * sheets, commitments to samples and shown numbers of that person are refused without a signature by it, also after it was retired. What is signed is
 *
 *     assay/opinion@v1\n<origin>\n<canonical JSON of the leaf's member `opinion`>\n        (or draw), with "by" in it: the person
 *
 * and the line under it becomes the leaf's signature line, which ledger/verify_auditor.c checks. The keeper builds the text itself and takes no word of it from
 * anybody; of what the auditor signed it is told the head alone on which an opinion rests.
 */
#ifndef ASSESS_AUDIT_SIGN_H
#define ASSESS_AUDIT_SIGN_H

#include "keeper/keeper.h"
#include "ledger/ledger.h"
#include "record/record.h"

enum { AUDITOR_SIGNED_BYTES_MAX = 32 << 10 };

struct auditor_key {
    struct note_key key; /* in force */
    struct str vkey;     /* of the newest; "" none */
    int64_t leaf;        /* that registered the newest; -1: none ever was */
    bool is_in_force;
};
/* "<origin>/auditor/<person>"; person "": "". */
struct str auditor_key_name(struct db *db, struct arena *a, struct str person, struct err *e);
bool auditor_key_of(struct db *db, struct arena *a, struct str person, struct auditor_key *ret, struct err *e) MUST_USE;
/* The person in a key's name; "" where it is no auditor's of this ledger. */
struct str auditor_key_person(struct str origin, struct str name);

/* What there is to sign before the change is asked of the keeper; "" where it takes no signature. A record that is made gets the next id: where somebody else
 * is quicker, the keeper refuses, and it is signed anew. */
bool auditor_statement_of(struct db *db, struct arena *a, const struct leaf_source *leaves, const struct access *x, int64_t now_ms, const struct record_change *change, struct str *ret,
                          struct err *e) MUST_USE;
/* Splits a signed statement, as `assay audit sign` writes it, into change->signature and change->head. Line ends and spaces around it, as mail and forms make
 * them, are of no account. */
bool auditor_signed_take(struct arena *a, struct str typed, struct record_change *change, struct err *e) MUST_USE;

struct audit_asking;
/* The leaf that comes with the change carries the signature that it has to, and gets it. Asked by the keeper. */
bool audit_sign_check(struct audit_asking *q, struct err *e) MUST_USE;

#endif
