/* op_kinds.c - the keeper's table of operation kinds, put together from the floors that own them. */
#include "account/account.h"
#include "account/source.h"
#include "assess/documents.h"
#include "assess/evidence.h"
#include "assess/ops.h"
#include "assess/sheet.h"
#include "collect/op_run.h"
#include "keeper/kinds.h"
#include "notify/channel.h"
#include "record/record.h"
#include "role/role.h"
#include "web/ops.h"

const struct op_kind *role_op_kinds(size_t *ret_count)
{
    /* One a line: many hands add to this list. */
    static const struct op_kind *const ALL[] = {
        &kind_key,
        &kind_seal,
        &kind_gap,
        &op_run,
        &op_run_item,
        &op_eval,
        &op_eval_alert,
        &op_catalog,
        &op_parameter_set,
        &op_parameter_propose,
        &op_parameter_decide,
        &op_session,
        &op_room_read,
        &kind_erase,
        &kind_erased,
        &kind_hold,
        &kind_keyring,
        &kind_reencrypt,
        &kind_anchor_policy,
        &kind_anchor_tsa,
        &kind_anchor,
        &op_account_set,
        &op_role_set,
        &op_credential_add,
        &op_credential_remove,
        &op_token_add,
        &op_token_revoke,
        &op_identity_set,
        &op_record_change,
        &op_record_type,
        &op_evidence_check,
        &op_document_text,
        &op_share_view,
        &op_notify_channel,
        &op_notify_sent,
        &op_notify_trial,
        &op_notify_tried,
        &op_audit_draw,
        &op_audit_close,
        &op_audit_opinion,
    };
    enum { COUNT = sizeof(ALL) / sizeof(ALL[0]) };
    static struct op_kind kinds[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        kinds[i] = *ALL[i];
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(kinds[i].kind, op_record_change.kind) == 0)
            kinds[i].make_over = audit_change_make; /* the two sides of an audit, and the order of its steps */
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(kinds[i].kind, kind_erase.kind) == 0)
            kinds[i].make_over = document_erase_make; /* what a legal hold covers stays, whoever signs */
    *ret_count = COUNT;
    return kinds;
}
