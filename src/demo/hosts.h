/*
 * hosts.h - the made hosts: a tree of files for each, changed over the year by steps of the story, read by the collector as `assay collect --root` reads a tree.
 *
 * Trees lie in a temporary directory that goes with the story. What no tree can tell (what runs, what the kernel says) comes from content/demo/hosts.yaml and
 * takes the same way into the ledger: the collector's signed run.
 */
#ifndef DEMO_HOSTS_H
#define DEMO_HOSTS_H

#include "demo/world.h"

bool hosts_open(struct demo_world *w, struct err *e) MUST_USE;
void hosts_close(struct demo_world *w);
/* A step's put and remove. */
bool host_change(struct demo_world *w, struct str host, const struct json *step, struct err *e) MUST_USE;
/* All hosts that are there on that day, every second one but each of the last: run, evaluation. */
bool hosts_collect(struct demo_world *w, struct err *e) MUST_USE;

#endif
