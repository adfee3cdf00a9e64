/* upload.h - what an uploaded file is, for who keeps it. */
#ifndef WEB_UPLOAD_H
#define WEB_UPLOAD_H

#include "base/str.h"

enum { RECORD_FILE_BYTES = 32 << 20 }; /* one file */

/* What a file is by its name and beginning, whatever the browser says. NULL and `ret_why`: its name says one thing and its bytes another. */
const char *upload_media(struct str name, struct str bytes, const char **ret_why);
/* The same for evidence: what is not what its name says, and pages and images that a browser would run, are taken as bytes, and the machine's checks
 * say so. NULL: a program. */
const char *upload_media_evidence(struct str name, struct str bytes, const char **ret_why);

#endif
