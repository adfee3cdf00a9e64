/* crosswalk.h - content/crosswalk.yaml: how sure we are of the pairs of crosswalk_json (content.h). */
#ifndef CONTENT_CROSSWALK_H
#define CONTENT_CROSSWALK_H

/* {"confidence":{"CC1.1":{"nist_800_53r5":{"high"|"medium"|"low":[id]}}}} */
extern const char content_crosswalk_json[];

#endif
