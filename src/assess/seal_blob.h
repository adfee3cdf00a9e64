/* seal_blob.h - seals a plaintext and hangs it on an operation as its next blob. */
#ifndef ASSESS_SEAL_BLOB_H
#define ASSESS_SEAL_BLOB_H

#include "keeper/keeper.h"

bool op_blob_seal(const struct env *env, struct arena *a, struct op *op, const char *media, struct str plain,
                  struct err *e) MUST_USE;

#endif
