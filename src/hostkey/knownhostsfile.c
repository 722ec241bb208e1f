/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "hostkey/knownhostsfile.h"
#include "runtime/atomic.h"
#include "runtime/lock.h"
#include "runtime/paths.h"

enum { FILE_MAX = 64 * 1024 * 1024 };

char *knownhostsfile_path(void)
{
	return paths_ssh("cxssh/known_hosts");
}

int knownhostsfile_lock(struct deadline until, struct error *err)
{
	char *path = paths_ssh("cxssh/known_hosts.lock");
	int lock = lock_take_to_read(path, until, err);

	free(path);
	return lock;
}

/* ssh reads on behind a NUL, where a @revoked line may stand; this parser cannot. */
static int check_text(const char *path, struct strbuf *text, struct error *err)
{
	if (strlen(text->data) != text->len)
		return error_set(err, ERROR_TRUST,
		                 "%s: has a NUL byte, which no known_hosts may have",
		                 path);
	if (text->len > 0 && text->data[text->len - 1] != '\n')
		strbuf_adds(text, "\n");
	return 0;
}

int knownhostsfile_read(struct strbuf *text, struct error *err)
{
	char *path = knownhostsfile_path();
	int rc = atomic_read(path, FILE_MAX, text, err);

	if (rc != -1)
		rc = check_text(path, text, err);
	free(path);
	return rc;
}

/* Could ssh read it?  access(2) knows nothing of Landlock, which confines the broker and
 * not ssh. */
static bool is_readable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, R_OK) == 0;
}

int knownhostsfile_read_users(struct strbuf *text, struct error *err)
{
	char *path = paths_ssh("known_hosts");
	int rc = 0;

	if (is_readable(path)) {
		rc = atomic_read_users(path, FILE_MAX, text, err);
		if (rc != -1)
			rc = check_text(path, text, err);
	}
	if (rc == -1) {
		error_prefix(err, "your known_hosts cannot be read");
		err->code = ERROR_TRUST;
	}
	free(path);
	return rc;
}

int knownhostsfile_write(const struct strbuf *text, struct error *err)
{
	char *path = knownhostsfile_path();
	int rc = paths_make_for(path, err);

	if (rc == 0)
		rc = atomic_update_users(path, text->data, text->len, err);
	free(path);
	return rc;
}
