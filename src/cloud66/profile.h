/* SPDX-License-Identifier: MIT */
/*
 * profile.h - the toolbelt's profiles in cxprofiles.json: base URL, organization, token
 * file (src/doc/cloud66.md).  No function here blocks.
 */
#ifndef CLOUD66_PROFILE_H
#define CLOUD66_PROFILE_H

#include <stddef.h>

struct error;

struct profile {
	char *name;
	char *base_url;      /* checked by url_base() */
	char *token_file;    /* a file name, in the folder */
	char *organization;  /* or NULL */
	char *client_id;     /* "" where there is none */
	char *client_secret; /* "" where there is none; secret */
};

#define PROFILE_INIT \
	{ \
		.name = NULL \
	}

/*
 * Read a profile from cxprofiles.json in folder; name NULL is the last one used.  Without
 * that file *profile gets name (or "default") and the toolbelt's defaults, base_url from
 * CXSSH_BASE_URL where that is set.  -1 with ERROR_CONFIG: broken, or no profile of that
 * name, and then it names the known ones.  The caller releases *profile, also after a
 * failure.
 */
enum profile_found { PROFILE_DEFAULTS = 0, PROFILE_READ = 1 };
int profile_load(struct profile *profile, const char *folder, const char *name,
                 struct error *err);

/* The same from the text of such a file: 0, or -1. */
int profile_parse(struct profile *profile, const char *text, size_t len, const char *name,
                  struct error *err);
void profile_release(struct profile *profile);

/* Write cxprofiles.json with this one profile in it, as the toolbelt would. */
int profile_create(const struct profile *profile, const char *folder, struct error *err);

#endif
