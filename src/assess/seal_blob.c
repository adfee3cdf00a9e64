#include "assess/seal_blob.h"

#include "blob/blob.h"

bool op_blob_seal(const struct env *env, struct arena *a, struct op *op, const char *media, struct str plain, struct err *e)
{
    struct blob_sealed sealed;
    if (!blob_seal(env, a, plain, &sealed, e))
        return false;
    struct op_blob *blobs = arena_array(a, op->blob_count + 1, sizeof(struct op_blob));
    if (op->blob_count > 0)
        memcpy(blobs, op->blobs, op->blob_count * sizeof(struct op_blob));
    struct op_blob *b = &blobs[op->blob_count++];
    memcpy(b->c, sealed.c, sizeof b->c);
    memcpy(b->x, sealed.x, sizeof b->x);
    memcpy(b->dek, sealed.dek, sizeof b->dek);
    b->media = media;
    b->plain_size = sealed.plain_size;
    b->ciphertext = sealed.bytes;
    op->blobs = blobs;
    return true;
}
