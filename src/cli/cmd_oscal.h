/* cmd_oscal.h - the part of `assay report` that writes OSCAL: options output (a directory), at, engagement. */
#ifndef CLI_CMD_OSCAL_H
#define CLI_CMD_OSCAL_H

#include "cli/cli.h"

int oscal_report(struct cli_context *c);

#endif
