/*
 * mirror_keys.h - which log keys follow from a copy's own key leaves (keys.h): a mirror that holds the leaves of a ledger need not be
 * told of a rotation, since the outgoing log key and the root keys signed for the new one. Other logs have no such leaves.
 */
#ifndef LEDGER_MIRROR_KEYS_H
#define LEDGER_MIRROR_KEYS_H

#include "ledger/keys.h"
#include "os/file.h"

/* Folds the key leaves among the first head->size leaves of `log_dir`; each leaf is read and has to give head->root in the end, so
 * that only what was proven counts. A key leaf that does not hold is passed over. ERR_CORRUPT: another root. */
bool mirror_keys_read(const struct os_file_calls *calls, int log_dir, const struct checkpoint *head, struct ledger_keys *ret,
                      struct err *e) MUST_USE;

#endif
