/*
 * ops.h - operation kinds of the web: `session` (somebody signed in or out). Body {"id":16 hex,"act":"sign_in"|"sign_out"|"second_factor"|"end"|"link","how"};
 * `room.read`, what was read in an audit room.
 */
#ifndef WEB_OPS_H
#define WEB_OPS_H

#include "keeper/keeper.h"

extern const struct op_kind op_session;
extern const struct op_kind op_room_read; /* reads.h */

#endif
