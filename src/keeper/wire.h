/*
 * wire.h - the messages between the keeper and those who ask it, in the frames of os/ipc.h. Private to src/keeper.
 *
 *   READY     keeper, unasked, when a connection is taken                     -
 *   FATAL     keeper, before it ends                                          code LF text
 *   OP        u32be size, JSON {id, kind, actor, body, blobs:[{c,x,m,z}]}, for each blob: DEK (32), u32be size, bytes
 *   BLOB_KEY  u64be leaf, x (64 hex)                                          answered by KEY: DEK (32), x under which it lies now (64 hex), u64be place (pack_place)
 *   FLUSH     -                                                               answered by ANSWER {"size":…,"signed":…}
 *   SNAPSHOT  -                                                               answered by ANSWER, as FLUSH; private/snapshot is there then
 *   STATUS    -                                                               answered by ANSWER {"size":…,"signed":…,"pid":…, …}
 *   ANCHORS   -                                                               answered by ANSWER: whom to ask outside (keeper_anchors)
 *   COSIGNED  a checkpoint note with cosignatures                              answered by ANSWER {"count","satisfied","new","note"}
 *   FORK      u32be size, their note, u32be size, ours                         answered by ANSWER {}
 *   ANCHOR_STATUS  JSON: how it goes with those who are asked                  answered by ANSWER {}
 *   ANSWER    canonical JSON
 *   ERROR     code LF text
 */
#ifndef KEEPER_WIRE_H
#define KEEPER_WIRE_H

#include "keeper/keeper.h"

enum {
    WIRE_READY = 1,
    WIRE_FATAL = 2,
    WIRE_OP = 16,
    WIRE_BLOB_KEY = 17,
    WIRE_FLUSH = 18,
    WIRE_STATUS = 19,
    WIRE_ANCHORS = 20,
    WIRE_COSIGNED = 21,
    WIRE_FORK = 22,
    WIRE_ANCHOR_STATUS = 23,
    WIRE_SNAPSHOT = 24,
    WIRE_ANSWER = 32,
    WIRE_ERROR = 33,
    WIRE_KEY = 34
};
enum { WIRE_BLOBS_MAX = 12288, WIRE_HEADER_BYTES = 8 };

bool wire_op_encode(const struct op *op, struct buf *out, struct err *e) MUST_USE;
/* Everything in `a` or a view into `body`. Checks the id's form and that every blob's bytes have the name x. */
bool wire_op_decode(struct arena *a, struct str body, struct op *ret, struct err *e) MUST_USE;
void wire_error_encode(const struct err *from, struct buf *out);
/* Fills e with what the message says; false. */
bool wire_error_decode(struct str body, struct err *e);
bool wire_id_is_valid(struct str id);

#endif
