/*
 * leaf_rules.h - what a leaf of each type says, and who signs it (ledger.md 2.2). leaf_rules.c is one table; a verifier holds every
 * leaf against it: E42 where a member is missing or is of another kind or range, E43 where a signature is missing, by another role,
 * or there where the type has none. Members beside those of the table are allowed, so that later versions can say more; members are
 * added, never renamed.
 *
 * Every leaf has v (1), log (origin), n (16 random bytes), t (ms, the keeper's clock), st, sq, sp (stream, number in it from 0, leaf
 * hash of the one before); op (id of the operation), a (pseudonym of who did it), k (kind of operation), back (the clock had gone
 * back), b (blobs: c, x, m, z), obs ([t0,t1], when it was observed), cp (size:root of a checkpoint seen), ctl (controls and tests)
 * where they apply. The types:
 *
 *   run        one collection: every table and the commitment of its rows. Signed by the collector (statement: member run)
 *   item       one captured table that changed; bound by the run behind it
 *   upload     a document that a person brought; obs is the time that it is about, as they say
 *   decision   somebody approved, reviewed or attested: what takes two people, or a person asked again; of: the leaf of what it was about
 *   policy     a version of a policy
 *   catalog    tests and controls as they are from here on
 *   eval       what the tests of one run found
 *   scope      something was taken into the boundary of the system, or left or taken out of it (member scope: act, kind, id)
 *   alert      something that somebody has to look at: tests that passed and fail now (kind test-failed; of: the run; ctl: the tests)
 *   logblock   the root over a block of log records. Checked, not written
 *   key        a key is added, retired or revoked. Signed by the root key (statement: member key)
 *   erase      a blob will be destroyed. Signed by an officer (erase.h says over what)
 *   erased     it is destroyed
 *   reencrypt  a blob has a new ciphertext
 *   gap        nothing was recorded where something should have been; or a person says why
 *   seal       everything up to here, written by the ledger itself
 *   anchor     a time stamp or a set of cosignatures from outside
 *   draw       a sample: committed to, and later shown (verify_draw.c has its members). Signed by an auditor (statement: member draw), or by
 *              nobody while they have no key (verify_auditor.c)
 *   opinion    what an auditor concludes, and on which leaves. Signed by an auditor (statement: member opinion), or by nobody: then it
 *              is the keeper that says which account it was
 *   close      the end of a period
 *   record     everything else that people set; its member `type` says what. May carry signatures, which its own reader checks
 *
 * A statement is signed over "assay/" type "@v1\n" origin "\n" JCS of the member "\n".
 */
#ifndef LEDGER_LEAF_RULES_H
#define LEDGER_LEAF_RULES_H

#include "ledger/ledger.h"

enum { LEAF_FAULT_SIZE = 200 };
/* Does the leaf at `index` say what its type has to? If not, one clause why. */
bool leaf_rule_holds(const struct leaf *leaf, uint64_t index, char ret_fault[LEAF_FAULT_SIZE]);
/* The role that has to sign: "collector", "root", "officer", "auditor"; "" when nobody may; NULL when the type's own reader says. */
const char *leaf_rule_role(struct str type);
/* May its signature be left out? What an auditor does in the pages of the audited has none; one that is there has to hold. */
bool leaf_rule_may_be_unsigned(struct str type);
bool leaf_type_is_known(struct str type);
/* Is it a change of a record? Those of types of their own (upload, decision, policy, scope) have the members of other changes as well. */
bool leaf_is_record_change(struct str type, const struct json *leaf);
/* The closed list, in the order of the manual above; NULL at the end. */
const char *leaf_type_name(size_t i);

#endif
