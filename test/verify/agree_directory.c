/*
 * verify_directory for tests that build ledgers, good ones and forged ones: asks assay-verify's checks as well, and demands that the two
 * agree. What `assay verify` refuses for a reason that lies in the public part of a ledger (steps 1, 2, 4 to 7 of the design), the other
 * has to refuse, and what it takes the other has to take. Each of those tests is compiled a second time with this in its place.
 */
#undef verify_directory
#include "base/test.h"

#include "base/str.h"
#include "ledger/verify.h"
#include "verify/av.h"

#include <sys/mman.h>
#include <unistd.h>

bool agree_directory(const char *data_dir, const struct verify_options *o, struct arena *a, struct verify_report *ret, struct err *e) MUST_USE;

/* A path to a file of this content. */
static const char *file_of(const char *content, char ret[64], int *ret_fd)
{
    *ret_fd = -1;
    if (!content)
        return NULL;
    *ret_fd = memfd_create("given", MFD_CLOEXEC);
    ck_assert(*ret_fd >= 0 && write(*ret_fd, content, strlen(content)) == (ssize_t)strlen(content));
    snprintf(ret, 64, "/proc/self/fd/%d", *ret_fd);
    return ret;
}

/* Is it about what assay-verify sees, and one of its steps? */
static bool is_public(const struct verify_finding *f, uint64_t size)
{
    static const char *const codes[] = {"E01", "E02", "E10", "E11", "E12", "E13", "E14", "E30", "E31", "E32", "E33", "E34", "E40",
                                        "E41", "E42", "E43", "E44", "E45", "E50", "E51", "E54", "E63", "E64", "E71", "E72"};
    static const char *const others[] = {"cp.log", "anchors.log", "private/", "fork", "blobs/", "is gone", "beyond the end", "no memory"};
    bool is_ours = false;
    unsigned long long leaf = 0;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        is_ours = is_ours || strcmp(f->code, codes[i]) == 0;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        is_ours = is_ours && !strstr(f->text, others[i]);
    /* Leaves that no checkpoint covers are in the journal only. */
    return is_ours && (strncmp(f->text, "leaf ", 5) != 0 || sscanf(f->text, "leaf %llu", &leaf) != 1 || leaf < size);
}

bool agree_directory(const char *data_dir, const struct verify_options *o, struct arena *a, struct verify_report *ret, struct err *e)
{
    char policy[64], seen[64], head[400] = "", root[2 * SHA256_SIZE + 1];
    int fds[2];
    if (!verify_directory(data_dir, o, a, ret, e))
        return false;
    if (o->is_tree_only)
        return true;
    if (o->last_seen) {
        hex_encode(o->last_seen->root.bytes, SHA256_SIZE, root);
        snprintf(head, sizeof(head), "%llu:%s", (unsigned long long)o->last_seen->size, root);
    }
    struct av_options options = {.path = data_dir, .log_vkey = o->log_vkey, .root_vkey = o->root_vkey, .explain = -1};
    options.policy_path = file_of(o->policy, policy, &fds[0]);
    options.seen_path = file_of(o->last_seen && !o->last_seen->origin[0] ? head : NULL, seen, &fds[1]);
    const struct av *v = av_check(&options);
    const struct verify_finding *reason = NULL;
    for (size_t i = 0; i < ret->finding_count && i < VERIFY_FINDINGS_MAX && !reason; i++)
        if (is_public(&ret->findings[i], ret->size))
            reason = &ret->findings[i];
    if (o->last_seen && o->last_seen->origin[0])
        reason = NULL;
    if (reason && !ret->is_ok)
        ck_assert_msg(v->error_count > 0, "assay verify says %s %s, assay-verify takes it", reason->code, reason->text);
    if (ret->is_ok && !v->is_wrong_use)
        ck_assert_msg(v->error_count == 0, "assay-verify says %s %s, assay verify takes it", v->findings[0].code, v->findings[0].text);
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return true;
}
