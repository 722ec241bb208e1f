/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "bastion/opensshhostkey.h"
#include "hostkey/knownhostsline.h"
#include "runtime/atomic.h"
#include "runtime/log.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"

enum { FILE_MAX = 64 * 1024 };

/* "^": these first, then what ssh asks for as a rule. */
static void push_algorithms(const struct strvec *types, struct strvec *argv)
{
	struct strbuf list = STRBUF_INIT;

	for (size_t i = 0; i < types->count; i++)
		strbuf_addf(&list, "%s%s", i == 0 ? "^" : ",",
		            strcmp(types->items[i], "ssh-rsa") == 0 ?
		                    "rsa-sha2-512,rsa-sha2-256" :
		                    types->items[i]);
	if (list.len > 0)
		strvec_pushf(argv, "-oHostKeyAlgorithms=%s", list.data);
	strbuf_release(&list);
}

/* ssh that writes the host key to the file at path, and has no way to log in. */
static void make_command(const char *path, const char *user, const struct strvec *types,
                         struct strvec *argv)
{
	static const char *const options[] = {
		"-F",
		"none",
		"-T",
		"-oProxyCommand=-", /* its standard input and output are the connection */
		"-oBatchMode=yes",
		"-oPreferredAuthentications=none",
		"-oStrictHostKeyChecking=accept-new",
		"-oHashKnownHosts=no",
		"-oCheckHostIP=no",
		"-oUpdateHostKeys=no",
		"-oGlobalKnownHostsFile=none",
	};
	char *ssh = paths_tool("ssh");

	strvec_push(argv, ssh);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		strvec_push(argv, options[i]);
	strvec_pushf(argv, "-oUserKnownHostsFile=\"%s\"", path);
	push_algorithms(types, argv);
	strvec_push(argv, "-l");
	strvec_push(argv, user);
	strvec_push(argv, "--");
	strvec_push(argv, "server");
	strvec_push(argv, "exit"); /* should it log in all the same */
	free(ssh);
}

/*
 * ssh writes the key before it has verified the signature, and a wrong signature is the
 * last that it then tells of.  What comes after a right one is a refused login.
 */
static bool is_proven(const char *last, int status)
{
	return status == 0 || strstr(last, ": Permission denied (") != NULL;
}

static bool read_key(const char *path, struct strbuf *blob)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	struct kh_line line;
	const char *at;
	bool found = false;

	if (atomic_read(path, FILE_MAX, &text, &ignored) == 1) {
		at = text.data;
		found = kh_next_line(&at, &line) && line.kind == KH_PLAIN &&
		        base64_decode(line.key.at, line.key.len, blob);
	}
	strbuf_release(&text);
	return found;
}

int opensshhostkey_learn(int fd, const char *user, const struct strvec *types,
                         struct strbuf *blob, struct deadline until, struct error *err)
{
	char *path = paths_cache("hostkey.%d", (int)getpid());
	struct strbuf output = STRBUF_INIT;
	struct strvec argv = STRVEC_INIT;
	struct child child = CHILD_INIT;
	const char *last;
	int status = 0;
	int rc = paths_make_for(path, err);

	(void)unlink(path);
	make_command(path, user, types, &argv);
	if (rc == 0)
		rc = spawn_start_on_socket(argv.items, fd, &child, err);
	if (rc == 0 && spawn_wait(&child, until, &output, &status, err) == -1) {
		spawn_kill(&child);
		rc = error_prefix(err, "ssh");
	}
	last = strbuf_last_line(&output);
	if (rc == 0 && !(is_proven(last, status) && read_key(path, blob))) {
		log_step("ssh prints: %s", last);
		rc = error_set(err, ERROR_UNAVAILABLE, "ssh gets no host key");
	}
	(void)unlink(path);
	strvec_release(&argv);
	strbuf_release(&output);
	free(path);
	return rc;
}
