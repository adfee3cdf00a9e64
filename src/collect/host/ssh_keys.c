/* ssh_keys.c - public keys that let in, and the keys of the host. */
#include "collect/host/host.h"

static const struct column ssh_authorized_keys_columns[] = {
    {"username", COLUMN_TEXT, "", "The account.", COLUMN_PERSONAL},
    {"path", COLUMN_TEXT, "", "The file."},
    {"line", COLUMN_INTEGER, "", "Line in it."},
    {"type", COLUMN_TEXT, "", "ssh-ed25519, ssh-rsa, ecdsa-sha2-nistp256 ...; null if the line is malformed."},
    {"bits", COLUMN_INTEGER, "bits", "Size of the key; null if not known."},
    {"fingerprint", COLUMN_TEXT, "", "SHA256:... as ssh-keygen -l writes it."},
    {"comment", COLUMN_TEXT, "", "Behind the key.", COLUMN_PERSONAL},
    {"options", COLUMN_TEXT, "", "In front of the key; empty if none."},
    {"mode", COLUMN_TEXT, "", "Permission bits of the file, octal."},
    {"owner", COLUMN_INTEGER, "", "uid of the file."},
    {"is_file_safe", COLUMN_BOOL, "", "File and folder belong to the account or root and nobody else may write them."},
};

static const struct table_schema ssh_authorized_keys_schema = {
    .name = "ssh_authorized_keys",
    .version = 1,
    .words = "A row is a public key that lets somebody sign in, from the files that AuthorizedKeysFile names for each "
             "account.",
    .criteria = "CC6.1, CC6.2, CC6.3",
    .example = "SELECT username, type, bits FROM ssh_authorized_keys WHERE type = 'ssh-dss' OR (type = 'ssh-rsa' AND bits < 3072)",
    .columns = ssh_authorized_keys_columns,
    .column_count = COLUMN_COUNT(ssh_authorized_keys_columns),
};

static const struct column ssh_host_keys_columns[] = {
    {"path", COLUMN_TEXT, "", "The public file."},
    {"type", COLUMN_TEXT, "", "Kind of the key."},
    {"bits", COLUMN_INTEGER, "bits", "Size."},
    {"fingerprint", COLUMN_TEXT, "", "SHA256:..."},
    {"mode", COLUMN_TEXT, "", "Permission bits of the public file, octal."},
    {"private_mode", COLUMN_TEXT, "", "Permission bits of the private file, octal; null if there is none."},
    {"private_owner", COLUMN_INTEGER, "", "uid of the private file."},
    {"private_group", COLUMN_INTEGER, "", "gid of the private file."},
};

static const struct table_schema ssh_host_keys_schema = {
    .name = "ssh_host_keys",
    .version = 1,
    .words = "A row is a host key, from its public half in /etc/ssh (private halves are looked at, never read).",
    .criteria = "CC6.7",
    .example = "SELECT path, type, bits FROM ssh_host_keys WHERE type = 'ssh-rsa' AND bits < 3072",
    .columns = ssh_host_keys_columns,
    .column_count = COLUMN_COUNT(ssh_host_keys_columns),
};

/* GATHER */
static bool ssh_authorized_keys_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

static bool ssh_host_keys_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table ssh_authorized_keys_table = {
    .schema = &ssh_authorized_keys_schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = ssh_authorized_keys_gather,
};

const struct host_table ssh_host_keys_table = {
    .schema = &ssh_host_keys_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = ssh_host_keys_gather,
};
