/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "runtime/atomic.h"
#include "sshconfig/draftrescue.h"
#include "sshconfig/include.h"
#include "sshconfig/useredit.h"

/* Append the file's content without the lines and the block of cxssh; false if it cannot
 * be read.  A missing file reads as empty. */
static bool read_foreign(const char *path, struct strbuf *foreign)
{
	struct strbuf all = STRBUF_INIT;
	struct strbuf rest = STRBUF_INIT;
	struct error ignored = ERROR_INIT;
	bool readable = atomic_read(path, USEREDIT_MAX, &all, &ignored) != -1;

	if (include_remove_block(all.data, all.len, &rest, &ignored) == -1)
		strbuf_add(&rest, all.data, all.len);
	strbuf_clear(&all);
	include_remove(rest.data, rest.len, &all);
	include_remove_last(all.data, all.len, foreign);
	strbuf_release(&all);
	strbuf_release(&rest);
	return readable;
}

bool draftrescue_is_in(const char *draft, const char *real)
{
	struct strbuf left = STRBUF_INIT;
	struct strbuf there = STRBUF_INIT;
	bool is_in = read_foreign(draft, &left) &&
	             (left.len == 0 ||
	              (read_foreign(real, &there) && strbuf_same(&left, &there)));

	strbuf_release(&left);
	strbuf_release(&there);
	return is_in;
}

/* As rename(2), but never over another file. */
static int move(const char *from, const char *to)
{
	struct stat st;

	if (link(from, to) == 0)
		return unlink(from);
	if (errno == EEXIST || lstat(to, &st) == 0)
		return -1;
	return rename(from, to); /* no hard links there */
}

char *draftrescue_rescue(const char *draft, const char *real)
{
	enum { TRIES = 100 };

	for (int i = 1; i <= TRIES; i++) {
		char *name = i == 1 ? xasprintf("%s.cxssh-rescued", real) :
		                      xasprintf("%s.cxssh-rescued-%d", real, i);

		if (move(draft, name) == 0) {
			atomic_sync_folder(name);
			return name;
		}
		free(name);
	}
	return NULL;
}
