/* cmd_doctor.c - what is really active here. */
#include "cli/cli.h"
#include "os/jail.h"
#include "os/program.h"

static int run(struct cli_context *c)
{
    struct jail_state jail;
    jail_probe(&jail);
    struct json *o = json_object(c->arena);
    json_put_cstr(o, "version", PROGRAM_VERSION);
    json_put_int(o, "landlock_abi", jail.landlock_abi);
    json_put_bool(o, "seccomp", jail.has_seccomp);
    json_put_bool(o, "sanitized", jail.is_sanitized);
    return cli_print_json(o);
}

const struct cli_command cli_command_doctor = {
    .name = "doctor",
    .summary = "what is really active here: jails, versions, clock, disk",
    .usage = "",
    .example = "assay doctor",
    .has_json = true,
    .run = run,
};
