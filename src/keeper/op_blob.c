#include "blob/blob.h"
#include "keeper/keeper.h"

bool op_blob_make(const struct env *env, struct arena *a, const char *media, struct str plain, struct op_blob *ret, struct err *e)
{
    struct blob_sealed sealed;
    if (!blob_seal(env, a, plain, &sealed, e))
        return false;
    *ret = (struct op_blob){.media = media, .plain_size = sealed.plain_size, .ciphertext = sealed.bytes};
    memcpy(ret->c, sealed.c, sizeof(ret->c));
    memcpy(ret->x, sealed.x, sizeof(ret->x));
    memcpy(ret->dek, sealed.dek, sizeof(ret->dek));
    memory_wipe(sealed.dek, sizeof(sealed.dek));
    return true;
}

bool op_blob_seal(const struct env *env, struct arena *a, struct op *op, const char *media, struct str plain, struct err *e)
{
    struct op_blob *blobs = arena_array(a, op->blob_count + 1, sizeof(*blobs));
    if (op->blob_count > 0)
        memcpy(blobs, op->blobs, op->blob_count * sizeof(*blobs));
    if (!op_blob_make(env, a, media, plain, &blobs[op->blob_count], e))
        return false;
    op->blobs = blobs;
    op->blob_count++;
    return true;
}
