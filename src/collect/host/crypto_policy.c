/* crypto_policy - what the libraries of this host allow as cryptography. */
#include "collect/host/host.h"

static const struct column columns[] = {
    {"system", COLUMN_TEXT, "", "openssl, gnutls, crypto-policies or kernel."},
    {"key", COLUMN_TEXT, "", "MinProtocol, CipherString, Options, seclevel, policy, fips_enabled and so on.", COLUMN_KEY},
    {"value", COLUMN_TEXT, "", "The value as it stands there."},
    {"origin", COLUMN_TEXT, "",
     "file:line, or \"built in\" where Debian builds a default into the library and no file says otherwise."},
};

static const struct table_schema schema = {
    .name = "crypto_policy",
    .version = 1,
    .words = "A row is a setting of openssl.cnf, the system-wide crypto-policies, GnuTLS or the FIPS flag of the "
             "kernel.",
    .criteria = "CC6.7",
    .example = "SELECT value FROM crypto_policy WHERE system = 'openssl' AND key = 'MinProtocol'",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static bool gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table crypto_policy_table = {
    .schema = &schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = gather,
};
