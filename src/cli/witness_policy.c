/* witness_policy.c - the recorded witness policy when the log's own keys change. */
#include "cli/witness_policy.h"
#include "ledger/anchor.h"
#include <stdio.h>

bool witness_policy_follow(struct cli_context *c, struct db *projection, const char *origin, const struct note_key *keys, size_t count,
                           struct keeper_client **keeper, struct err *e)
{
    struct buf BUF_AUTO text = {0};
    struct str policy = db_one_text(c->arena, projection, e, "select text from anchor_policy order by leaf desc limit 1");
    if (e->code || !policy.size || count == 0)
        return e->code == ERR_NONE;
    buf_init(&text, ANCHOR_POLICY_BYTES_MAX);
    policy_follow_log(policy, origin, keys, count, &text);
    if (text.full)
        return err_set(e, ERR_TOO_LARGE, "witness policy: with the new key it is over %d bytes", ANCHOR_POLICY_BYTES_MAX);
    if (str_equal(buf_view(&text), policy))
        return true;
    struct op op = {.kind = "anchor.policy", .actor = STR("local:admin"), .body = json_object(c->arena)};
    struct json *answer = NULL;
    op_id_new(c->env, op.id);
    json_put_str(op.body, "text", buf_view(&text));
    if (!*keeper && !(*keeper = keeper_open(c->data_dir, e)))
        return false;
    if (!keeper_submit(*keeper, c->arena, &op, &answer, e))
        return err_wrap(e, "witness policy");
    fprintf(stderr, "leaf %lld: the witness policy names the log keys as they are now\n", (long long)json_int(answer, "leaf", -1));
    return true;
}
