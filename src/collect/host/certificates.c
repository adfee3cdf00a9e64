/* certificates - X.509 certificates that services of this host present, and the trust store. */
#include "collect/host/host.h"

static const struct column columns[] = {
    {"path", COLUMN_TEXT, "", "The file.", COLUMN_KEY},
    {"position", COLUMN_INTEGER, "", "Its place in the file, from 0: in a chain 0 is the end entity."},
    {"subject", COLUMN_TEXT, "", "The subject, RFC 2253."},
    {"issuer", COLUMN_TEXT, "", "The issuer, RFC 2253."},
    {"san", COLUMN_TEXT, "", "DNS names and addresses of the subject alternative name, by commas; null if none."},
    {"not_before", COLUMN_TIME, "", "Valid from."},
    {"not_after", COLUMN_TIME, "", "Valid until."},
    {"key_alg", COLUMN_TEXT, "", "RSA, EC, ED25519 and so on."},
    {"bits", COLUMN_INTEGER, "bits", "The size of the key."},
    {"sig_alg", COLUMN_TEXT, "", "How it is signed, as sha256WithRSAEncryption."},
    {"self_signed", COLUMN_BOOL, "", "Whether issuer and subject are the same."},
    {"ca", COLUMN_BOOL, "", "Whether it may sign others (basic constraints)."},
    {"fp", COLUMN_TEXT, "hex", "SHA-256 of the certificate."},
    {"is_ca_store", COLUMN_BOOL, "", "Whether it belongs to the trust store of the system and is no certificate of this host."},
    {"used_by", COLUMN_TEXT, "", "The service whose configuration names the file, as nginx; null if none does."},
    {"key_path", COLUMN_TEXT, "",
     "The private key that goes with it, as configured or by its customary name; null if not found."},
    {"key_mode", COLUMN_INTEGER, "permission bits",
     "The permission bits of the private key (0600 is 384); null if there is none to be found."},
};

static const struct table_schema schema = {
    .name = "certificates",
    .version = 1,
    .words = "A row is a certificate in a PEM or DER file under /etc/ssl, /etc/letsencrypt, /etc/pki and such, or "
             "one that nginx, Apache, HAProxy, Postfix or Dovecot is configured to use. Private keys are never read.",
    .criteria = "CC6.7, A1.1",
    .example = "SELECT path, subject, not_after FROM certificates WHERE is_ca_store = 0 AND not_after < :now_ms + 30"
               " * 86400000",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static bool gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table certificates_table = {
    .schema = &schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = gather,
};
