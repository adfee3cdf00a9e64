/* witness_policy.h - the recorded witness policy when the log's own keys change. Apart, since ledger/policy.h and content.h each have a struct policy. */
#ifndef CLI_WITNESS_POLICY_H
#define CLI_WITNESS_POLICY_H

#include "cli/cli.h"
#include "keeper/keeper.h"
#include "ledger/ledger.h"

/* Records the policy in force with these log keys in place of those that it names, where that changes it. Opens *keeper if it is NULL. */
bool witness_policy_follow(struct cli_context *c, struct db *projection, const char *origin, const struct note_key *keys, size_t count,
                           struct keeper_client **keeper, struct err *e) MUST_USE;

#endif
