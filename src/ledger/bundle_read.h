/*
 * bundle_read.h - reading what somebody hands in as a bundle (`.slb`, doc/bundle.md): untrusted bytes.
 *
 * Opening goes once over the file: every header is held against the one that members.jsonl makes due there, every member against its SHA-256, every
 * blob against its commitment. What does not hold is kept as a fault, one for each member, and reading goes on behind it, since the places of members
 * follow from members.jsonl. Signatures, trees and rules of leaves are the business of verify/.
 *
 *     struct bundle_file *b = bundle_file_open(path, &e);       // NULL: no bundle, or so broken that nothing can be said of its members
 *     for (i < bundle_file_fault_count(b)) bundle_file_fault(b, i)->text ...
 *     bundle_file_blob(b, c, &plain, &e);                        // ERR_NOT_FOUND: withheld or erased; ERR_CORRUPT: damaged
 */
#ifndef LEDGER_BUNDLE_READ_H
#define LEDGER_BUNDLE_READ_H

#include "ledger/ledger.h"

enum { BUNDLE_MEMBERS_MAX = 1 << 24, BUNDLE_FAULTS_MAX = 1000, BUNDLE_ENTRY_TILES_MAX = 1 << 20 };

struct bundle_fault {
    char member[104];
    char text[300];   /* "stored digest ..., computed ..." */
    int64_t leaf;     /* of a blob: the first leaf that names it; else -1 */
    uint8_t c[32], x[32];
};

struct bundle_facts {
    struct str origin, mode, engagement, audience; /* engagement "": of none */
    uint64_t size, from, to, members, bytes;
    uint64_t disclosed, withheld, erased; /* blobs, by salts.jsonl */
};

struct bundle_file;
/* ERR_INVALID, ERR_CORRUPT: its manifest cannot be read. */
struct bundle_file *bundle_file_open(const char *path, struct err *e) MUST_USE;
struct bundle_file *bundle_file_close(struct bundle_file *b);
const struct bundle_facts *bundle_file_facts(const struct bundle_file *b);
/* All of them; beyond BUNDLE_FAULTS_MAX they are counted only. */
size_t bundle_file_fault_count(const struct bundle_file *b);
const struct bundle_fault *bundle_file_fault(const struct bundle_file *b, size_t i); /* i below count and BUNDLE_FAULTS_MAX */
/* Do all members but blobs hold, and are they all there? */
bool bundle_file_is_sound(const struct bundle_file *b);

/* Bytes live as long as the file is open. ERR_NOT_FOUND; ERR_CORRUPT: it is one of the faults. */
bool bundle_file_blob(const struct bundle_file *b, struct str c_hex, struct str *ret, struct err *e) MUST_USE;
bool bundle_file_member(const struct bundle_file *b, const char *name, struct str *ret, struct err *e) MUST_USE;
/* Writes the C2SP part below `dir`, as a ledger directory has it: tile/ and checkpoint. */
bool bundle_file_extract(const struct bundle_file *b, int dir, struct err *e) MUST_USE;

#endif
