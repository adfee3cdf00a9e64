/* What must hold for any bytes: a policy that is read can be evaluated, and its groups refer to what stands before them. */
#ifndef LEDGER_POLICY_PROPERTY_H
#define LEDGER_POLICY_PROPERTY_H

#include "ledger/policy.h"

#include <assert.h>

static inline void policy_property(struct arena *a, struct str bytes)
{
    struct err e = {0};
    struct policy *p = policy_parse(a, bytes, &e);
    if (!p) {
        assert(e.code != ERR_NONE && e.text[0]);
        return;
    }
    for (size_t i = 0; i < p->group_count; i++) {
        const struct policy_group *g = &p->groups[i];
        assert(g->threshold >= 1 && g->threshold <= g->member_count);
        for (unsigned k = 0; k < g->member_count; k++)
            assert(g->members[k] < POLICY_WITNESSES_MAX ? g->members[k] < (int)p->witness_count
                                                        : g->members[k] - POLICY_WITNESSES_MAX < (int)i);
    }
    assert(p->quorum == POLICY_QUORUM_NONE || p->quorum < POLICY_WITNESSES_MAX + POLICY_GROUPS_MAX);
    struct policy_outcome o;
    bool is_read =
        policy_evaluate(p, STR("o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 a AAAAAAA=\n"), NULL, &o, &e);
    assert(!is_read || o.is_satisfied == (p->quorum == POLICY_QUORUM_NONE && p->log_count == 0));
    size_t count = 1;
    struct err why = {0};
    is_read = policy_satisfied(p, bytes, &count, &why);
    assert(is_read || why.code != ERR_NONE);
}

#endif
