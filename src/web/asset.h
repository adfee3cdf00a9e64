/*
 * asset.h - files of web/assets embedded in the program (tools/assets.c), with the address that carries their hash.
 *
 * Addresses are /a/NAME.HASH.EXT and immutable: a changed file has another address. Constant data, any thread.
 */
#ifndef WEB_ASSET_H
#define WEB_ASSET_H

#include "base/str.h"
#include <stddef.h>

struct asset {
    const char *name; /* "app.css" */
    const char *url;  /* "/a/app.0f3c9a7e21b4.css" */
    const char *type;
    const char *etag; /* with quotes */
    const unsigned char *data, *data_end;
    const unsigned char *gzip, *gzip_end; /* equal when compressing does not pay */
};

extern const struct asset assets[];
extern const size_t asset_count;

const struct asset *asset_by_name(struct str name);
const struct asset *asset_by_url(struct str url);

#endif
