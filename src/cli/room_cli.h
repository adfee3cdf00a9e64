/* room_cli.h - what the command of a room has open: records with what the terminal may see of them, a view as of --at, and the keeper where it writes. */
#ifndef CLI_ROOM_CLI_H
#define CLI_ROOM_CLI_H

#include "cli/cmd_records.h"
#include "keeper/keeper.h"
#include "report/view.h"
#include "report/view_record.h"

struct room_cli {
    struct cli_context *c;
    struct record_cli records;
    struct view view;
    struct view_records shown;
    struct keeper_client *keeper; /* NULL: it only reads */
};

/* The command declares the option "at". False: nothing is open, and closing again harms nothing. */
bool room_open(struct cli_context *c, bool writes, struct room_cli *ret, struct err *e) MUST_USE;
void room_close(struct room_cli *r);
/* One operation, signed when this comes back. ret_answer: as keeper_submit. */
bool room_submit(struct room_cli *r, const struct record_change *changes, size_t count, struct json **ret_answer, struct err *e) MUST_USE;

#endif
