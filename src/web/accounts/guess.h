/*
 * guess.h - limits on guessing: after some free tries of a key (a login name, an address), each further wrong one doubles the time
 * that has to pass before the next; being right forgets the key.
 *
 * In memory, for GUESS_KEYS_MAX keys; the one least recently wrong makes room. One mutex; any thread.
 */
#ifndef WEB_ACCOUNTS_GUESS_H
#define WEB_ACCOUNTS_GUESS_H

#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum { GUESS_KEYS_MAX = 4096, GUESS_FREE = 5, GUESS_WAIT_MAX_MS = 15 * 60 * 1000, GUESS_FORGET_MS = 24 * 3600 * 1000 };

struct guesses;
struct guesses *guesses_new(void);
struct guesses *guesses_free(struct guesses *g);
/* How long this key has to wait from now on (monotonic), 0: not at all. `free_tries`: GUESS_FREE, or more where many share a key. */
int64_t guess_wait_ms(struct guesses *g, struct str key, int free_tries, int64_t now_ms);
void guess_was_wrong(struct guesses *g, struct str key, int free_tries, int64_t now_ms);
void guess_was_right(struct guesses *g, struct str key);

#endif
