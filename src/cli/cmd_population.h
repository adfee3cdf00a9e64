/* cmd_population.h - `assay audit population …`, the verbs behind it. */
#ifndef CLI_CMD_POPULATION_H
#define CLI_CMD_POPULATION_H

#include "cli/cli.h"

/* c->arguments[0] is "population". Options: engagement, from, to, at, file, q, row, keys, alike, time-limit. */
int population_cli_run(struct cli_context *c);

#endif
