/*
 * policy.h - C2SP tlog-policy: which logs are known, which witnesses, and how many of whom must have cosigned a checkpoint.
 *
 *     log LOG-VKEY https://ledger.example.com/log
 *     witness W1 W1-VKEY https://witness.example.com
 *     witness W2 W2-VKEY
 *     group auditors any W1 W2
 *     quorum auditors
 *
 * Read strictly: every line ends in LF, words are separated by spaces and tabs, a name is defined before it is used and is a
 * member of one group at most, no public key stands twice, exactly one quorum. Everything lives in the arena; constant after
 * policy_parse, so any number of threads may evaluate it.
 */
#ifndef LEDGER_POLICY_H
#define LEDGER_POLICY_H

#include "base/arena.h"
#include "ledger/cosignature.h"
#include "ledger/ledger.h"

enum {
    POLICY_LOGS_MAX = 64, /* C2SP recommends at least 32 of each */
    POLICY_WITNESSES_MAX = 64,
    POLICY_GROUPS_MAX = 64,
    POLICY_BYTES_MAX = 256 << 10,
    POLICY_QUORUM_NONE = -1
};

struct policy_log {
    struct note_key key; /* its name is the log's origin */
    struct str url;      /* empty when none is given */
};
struct policy_witness {
    struct str name; /* inside the policy only */
    struct note_key key;
    struct str url; /* submission prefix */
};
struct policy_group {
    struct str name;
    unsigned threshold; /* of member_count */
    unsigned member_count;
    const int
        *members; /* below POLICY_WITNESSES_MAX: a witness; otherwise group (member - POLICY_WITNESSES_MAX), an earlier one */
};
struct policy {
    struct policy_log logs[POLICY_LOGS_MAX];
    size_t log_count;
    struct policy_witness witnesses[POLICY_WITNESSES_MAX];
    size_t witness_count;
    struct policy_group groups[POLICY_GROUPS_MAX];
    size_t group_count;
    int quorum; /* a member, as in policy_group; POLICY_QUORUM_NONE */
};

/* ERR_INVALID with "policy line N: why"; ERR_UNSUPPORTED for key types that this program does not know; ERR_TOO_LARGE and
 * ERR_LIMIT over the caps above. The result keeps nothing of `text`. */
struct policy *policy_parse(struct arena *a, struct str text, struct err *e) MUST_USE;

/* The text with the keys that this log has now: its first line of the log becomes one line for each of them, others of it go. Of a text
 * without a line of it: the same. For the policy that a ledger keeps of its own witnesses, when its log key is followed by another. */
void policy_follow_log(struct str text, const char *origin, const struct note_key *keys, size_t count, struct buf *out);

/* What a note says under a policy. */
struct policy_outcome {
    const struct policy_log *log; /* whose signature holds; NULL: no signature by a listed log */
    bool is_satisfied;            /* the quorum holds, and a listed log signed (or the policy lists none) */
    size_t cosigned_count;        /* witnesses of the policy that cosigned */
    uint64_t quorum_time_s; /* when the quorum was complete by the witnesses' clocks; 0 without quorum or with quorum none */
    uint64_t witness_time_s[POLICY_WITNESSES_MAX]; /* time of each witness's cosignature */
    bool is_cosigned[POLICY_WITNESSES_MAX];        /* by witness */
};
/* Evaluates a whole checkpoint note. False only when the note is malformed or a signature by a known key does not hold
 * (ERR_CORRUPT): such a note is to be thrown away. A note that merely lacks signatures gives true and is_satisfied false.
 * Pure: no clock, no network. ret_checkpoint may be NULL. */
bool policy_evaluate(const struct policy *p, struct str note, struct checkpoint *ret_checkpoint, struct policy_outcome *ret,
                     struct err *e) MUST_USE;
/* policy_evaluate in one word: true if the note satisfies the policy. ret_count (may be NULL) is written in any case: witnesses
 * that cosigned. ERR_DENIED: it does not, and the text says what is missing; ERR_CORRUPT as above. */
bool policy_satisfied(const struct policy *p, struct str note, size_t *ret_count, struct err *e) MUST_USE;

#endif
