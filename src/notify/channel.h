/*
 * channel.h - where notices go: one mail server, and any number of webhooks. Set by an operation, read by whoever sends.
 *
 * Leaves (type record):
 *   {"k":"notify.channel","type":"notify_channel","id":"mail" or a webhook's name,"act":"set"|"remove","c":{settings}}, the secret (password, or key of the
 *    signature) in a blob: set without one keeps the secret that is there
 *   {"k":"notify.sent","type":"notify_sent","id":person,"day":"2026-11-22","ch":channel,"items":n,"out":"sent"|"denied"|"timeout"|"unavailable"|"invalid"}
 *   {"k":"notify.trial","type":"notify_trial","id":channel,"by":actor}: somebody wants to see that it works
 *   {"k":"notify.tried","type":"notify_tried","of":leaf of that,"id":channel,"out":as above}
 * Settings: mail {"url","user","from","base","ca"}; webhook {"url","base","ca"}. base: address of the pages, for links. ca: PEM of the authorities.
 *
 * A webhook gets POST application/json {"kind":"digest","day","person","items":[{"type","id","title","text","due","days_late","url"}]} with
 *   Assay-Signature: t=<unix seconds>,v1=<hex HMAC-SHA-256 of "<t>.<body>" under its key>
 */
#ifndef NOTIFY_CHANNEL_H
#define NOTIFY_CHANNEL_H

#include "keeper/keeper.h"

extern const struct op_kind op_notify_channel, op_notify_sent, op_notify_trial, op_notify_tried;

#define CHANNEL_MAIL "mail"

enum { CHANNEL_SECRET_MAX = 1000, CHANNELS_MAX = 16 };

struct channel {
    struct str id;
    struct json *settings;
    bool has_secret;
    int64_t leaf;       /* of the secret */
    struct str c, x;
};

bool channels_load(struct db *db, struct arena *a, struct channel ret[CHANNELS_MAX], size_t *ret_count, struct err *e) MUST_USE;
/* ERR_INVALID names the setting. */
bool channel_check(struct str id, const struct json *settings, struct err *e) MUST_USE;
/* What `out` says for a failure to send. */
const char *channel_outcome(enum err_code code);

#endif
