#include "web/asset.h"

const struct asset *asset_by_name(struct str name)
{
    for (size_t i = 0; i < asset_count; i++)
        if (str_is(name, assets[i].name))
            return &assets[i];
    return NULL;
}

const struct asset *asset_by_url(struct str url)
{
    for (size_t i = 0; i < asset_count; i++)
        if (str_is(url, assets[i].url))
            return &assets[i];
    return NULL;
}
