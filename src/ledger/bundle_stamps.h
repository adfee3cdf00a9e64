/*
 * bundle_stamps.h - the RFC 3161 time stamps in a bundle (.slb), against certificates: what assay-verify leaves to others. That each
 * stamp is the one of its leaf, over that leaf's note, is for assay-verify's checks to say; here it is only whom it chains to.
 */
#ifndef LEDGER_BUNDLE_STAMPS_H
#define LEDGER_BUNDLE_STAMPS_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

struct bundle_stamps {
    uint64_t count, held; /* in the bundle; of them with a chain that holds at their own time */
    int64_t newest_ms;    /* of those that hold; 0: none */
    uint64_t first_strange; /* leaf of the first that does not */
    char why[300];          /* that one does not; empty: all hold */
};

/* `ca_pem`: certificates and CRLs as tst_verify takes them; empty: those that came in the bundle (tsa/ca.pem). ERR_INVALID: ca_pem
 * cannot be used, or the file is no archive; ERR_NOT_FOUND: it is not there. */
bool bundle_stamps_check(const char *path, struct str ca_pem, struct bundle_stamps *ret, struct err *e) MUST_USE;

#endif
