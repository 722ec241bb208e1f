/* SPDX-License-Identifier: MIT */
/*
 * profile.h - the toolbelt's profiles in cxprofiles.json: base URL, organization, token
 * file (src/doc/cloud66.md).  No function here blocks,
 * but for those that change the file.
 */
#ifndef CLOUD66_PROFILE_H
#define CLOUD66_PROFILE_H

#include <stddef.h>

#include "base/deadline.h"

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

/* Fill *profile with name and the toolbelt's defaults; base_url NULL: that of the vendor.
 * ERROR_CONFIG for a name or URL that does not fit. */
int profile_fresh(struct profile *profile, const char *name, const char *base_url,
                  struct error *err);

/*
 * Changes of the file, which is replaced whole, under a lock; what else is in it stays.
 * Block for the lock, until the deadline at most.  -1 with ERROR_CONFIG, or ERROR_RETRY.
 *   profile_put     add the profile, or set the client of the one of that name
 *   profile_use     make it the last one used: what the toolbelt and cxssh use
 *   profile_delete  remove it; refused for the last one used
 */
int profile_put(const struct profile *profile, const char *folder, struct deadline until,
                struct error *err);
int profile_use(const char *name, const char *folder, struct deadline until,
                struct error *err);
int profile_delete(const char *name, const char *folder, struct deadline until,
                   struct error *err);

/* Push the names of all profiles; *last, which the caller frees, is the last one used.
 * Does not block. */
struct strvec;
int profile_names(const char *folder, struct strvec *names, char **last,
                  struct error *err);

#endif
