/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/sshbuf.h"
#include "base/strbuf.h"
#include "keys/agent.h"
#include "keys/agentidentity.h"
#include "keys/keyfile.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"

enum { FILE_MAX = 64 * 1024 };

static const char remark[] = " cxssh\n"; /* ends a file that cxssh wrote */

bool agentidentity_is_one(const char *identity)
{
	size_t len = strlen(identity);

	return len > 4 && strcmp(identity + len - 4, ".pub") == 0;
}

bool agentidentity_blob(const char *identity, struct strbuf *blob)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;

	if (atomic_read(identity, FILE_MAX, &text, &ignored) == 1)
		keyfile_parse_public(text.data, blob);
	strbuf_release(&text);
	return blob->len > 0;
}

int64_t agentidentity_renewal(const char *identity)
{
	struct stat st;

	return stat(identity, &st) == 0 ? (int64_t)st.st_mtime : 0;
}

bool agentidentity_is_loaded(const struct strbuf *blob, struct deadline until)
{
	struct error ignored = ERROR_INIT;
	struct strbuf blobs = STRBUF_INIT;
	struct sshbuf p;
	struct sshbuf one;
	bool has = false;
	int fd = agent_open(NULL, &ignored);

	if (fd != -1 && agent_list(fd, &blobs, until, &ignored) != -1) {
		p = sshbuf_of(&blobs);
		while (!has && sshbuf_get_string(&p, &one))
			has = sshbuf_same(&one, blob);
	}
	fd_close(&fd);
	strbuf_release(&blobs);
	return has;
}

bool agentidentity_is_ready(const char *identity, struct deadline until)
{
	struct strbuf blob = STRBUF_INIT;
	bool ready = agentidentity_renewal(identity) > (int64_t)time(NULL) &&
	             agentidentity_blob(identity, &blob) &&
	             agentidentity_is_loaded(&blob, until);

	strbuf_release(&blob);
	return ready;
}

void agentidentity_remove_stale(const char *identity)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	size_t n = strlen(remark);

	if (agentidentity_renewal(identity) <= (int64_t)time(NULL) &&
	    atomic_read(identity, FILE_MAX, &text, &ignored) == 1 && text.len > n &&
	    strcmp(text.data + text.len - n, remark) == 0)
		(void)unlink(identity);
	strbuf_release(&text);
}

int agentidentity_write(const char *identity, const struct strbuf *blob, int64_t renewal,
                        struct error *err)
{
	struct sshbuf p = sshbuf_of(blob);
	struct timespec times[2] = { { .tv_nsec = UTIME_NOW },
		                     { .tv_sec = (time_t)renewal } };
	struct strbuf text = STRBUF_INIT;
	char type[64];
	int rc = -1;

	if (!sshbuf_get_cstring(&p, type, sizeof(type)))
		return error_set(err, ERROR_INTERNAL, "no public key");
	strbuf_addf(&text, "%s ", type);
	base64_encode((const unsigned char *)blob->data, blob->len, &text);
	strbuf_adds(&text, remark);
	if (paths_make_for(identity, err) == 0 &&
	    atomic_write(identity, text.data, text.len, 0600, err) == 0) {
		rc = utimensat(AT_FDCWD, identity, times, 0);
		if (rc == -1)
			error_errno(err, ERROR_CONFIG, "%s", identity);
	}
	strbuf_release(&text);
	return rc;
}
