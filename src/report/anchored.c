#include "report/anchored.h"
#include "ledger/anchor.h"

struct anchored anchored_read(struct arena *a, struct str policy, struct str note)
{
    struct err ignored = {0};
    struct anchored ret = {.holds = false};
    struct checkpoint checkpoint;
    struct policy_outcome outcome;
    const struct policy *p = policy.size ? policy_parse(a, policy, &ignored) : NULL;
    if (!p)
        return ret;
    ret.witness_count = p->witness_count;
    ret.witnesses = arena_array(a, p->witness_count, sizeof(*ret.witnesses));
    for (size_t i = 0; i < p->witness_count; i++)
        ret.witnesses[i] =
            (struct anchored_witness){p->witnesses[i].name, arena_printf(a, "%s", p->witnesses[i].key.name), p->witnesses[i].url};
    if (note.size && policy_evaluate(p, note, &checkpoint, &outcome, &ignored) && outcome.is_satisfied && outcome.cosigned_count > 0) {
        ret.holds = true;
        ret.leaves = checkpoint.size;
        ret.cosigned_count = outcome.cosigned_count;
        ret.at_ms = (int64_t)outcome.quorum_time_s * 1000;
        for (size_t i = 0; i < p->witness_count; i++)
            ret.witnesses[i].cosigned_ms = outcome.is_cosigned[i] ? (int64_t)outcome.witness_time_s[i] * 1000 : 0;
    }
    return ret;
}
