/*
 * note.h - C2SP signed-note, tlog-checkpoint, tlog-cosignature (Ed25519, type 0x04) and tlog-policy.
 *
 * A fault is said as a text (a constant); NULL means fine. Limits: notes of 64 KiB with 64 signature lines; policies of 32 logs,
 * 64 witnesses, 64 groups.
 */
#ifndef AV_NOTE_H
#define AV_NOTE_H

#include "crypto.h"
#include "text.h"

enum { AV_NAME_MAX = 255, AV_NOTE_MAX = 64 << 10, AV_SIGNATURES_MAX = 64, AV_SIGNATURE_MAX = 8192 };
enum { AV_KEY_ED25519 = 1, AV_KEY_COSIGNATURE = 4 };

struct av_key {
    char name[AV_NAME_MAX + 1];
    uint8_t id[4];
    uint8_t type;
    uint8_t bytes[32];
};
/* "name+id+base64(type || key)"; weak keys are a fault. */
const char *av_key_read(struct av_text vkey, struct av_key *ret);
/* Without looking for weakness: for keys that are then compared with one that was read. */
const char *av_key_parse(struct av_text vkey, struct av_key *ret);
bool av_key_same(const struct av_key *a, const struct av_key *b);

/* Splits a note at its last empty line. */
const char *av_note_split(struct av_text note, struct av_text *ret_text, struct av_text *ret_lines);
enum av_signed { AV_NOT_SIGNED, AV_SIGNED, AV_BROKEN };
/* What the lines say of this key; lines of other keys say nothing. ret_time (may be NULL): seconds, of a cosignature. */
enum av_signed av_note_check(struct av_text text, struct av_text lines, const struct av_key *key, uint64_t *ret_time);
/* The same for a text in pieces, fewer than AV_PIECES_MAX. */
enum av_signed av_pieces_check(const struct av_piece *text, int count, struct av_text lines, const struct av_key *key, uint64_t *ret_time);
/* The lines are "— name base64" each, at most AV_SIGNATURES_MAX. */
const char *av_lines_fault(struct av_text lines);

struct av_checkpoint {
    struct av_text origin;
    uint64_t size;
    struct av_hash root;
    struct av_text text, lines;
};
/* Views into `note`. */
const char *av_checkpoint_read(struct av_text note, struct av_checkpoint *ret);

/* ---- tlog-policy ---- */

enum { AV_LOGS_MAX = 32, AV_WITNESSES_MAX = 64, AV_GROUPS_MAX = 64 };
struct av_policy {
    struct av_key logs[AV_LOGS_MAX];
    int log_count;
    struct av_key witnesses[AV_WITNESSES_MAX];
    int witness_count;
    /* Names: witnesses first come, groups as they come; members of a group are names before it. */
    struct av_named {
        struct av_text name; /* view into the policy's text */
        int witness;         /* index, or -1 for a group */
        int group;
    } names[AV_WITNESSES_MAX + AV_GROUPS_MAX];
    int name_count;
    struct av_group {
        int needed;
        int count;
        int members[AV_WITNESSES_MAX + AV_GROUPS_MAX];
    } groups[AV_GROUPS_MAX];
    int group_count;
    int quorum; /* index into names; -1: none */
};
/* `text` must live as long as the policy. */
const char *av_policy_read(struct av_text text, struct av_policy *ret);
/* True when the witnesses that cosigned meet the quorum (so always, when the quorum is "none"). ret_time: the latest time by which
 * the quorum is met with times up to it, in seconds; ret_count: how many cosigned. A line of a known witness that does not hold
 * makes the answer false and *ret_fault a text. */
bool av_policy_met(const struct av_policy *p, struct av_text text, struct av_text lines, int *ret_count, uint64_t *ret_time,
                   const char **ret_fault);

#endif
