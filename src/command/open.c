/* SPDX-License-Identifier: MIT */
/*
 * open - make a target ready for a connection.  Started by cxssh-proxy; ssh's user sees
 * its last line on stderr.
 */

#include <getopt.h>
#include <stdint.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/parse.h"
#include "command/command.h"
#include "connect/helper.h"
#include "http/httpmessage.h"
#include "prepare/steps.h"
#include "route/routelease.h"
#include "runtime/config.h"
#include "runtime/log.h"

enum {
	DEFAULT_MS = 60000,
	REASON_MS = 300, /* before --within: so that the proxy can pass the reason on */
};

int command_open(int argc, char *argv[], struct config *config, struct error *err)
{
	static const char how[] =
		"cxssh open [--refresh|--locate] [--tell] [--within=MS] "
		"[--opening=MS] [--as=ROLE] "
		"TARGET";
	static const struct option options[] = {
		{ "refresh", no_argument, NULL, 'r' },
		{ "locate", no_argument, NULL, 'l' },
		{ "tell", no_argument, NULL, 't' },
		{ "within", required_argument, NULL, 'w' },
		{ "opening", required_argument, NULL, 'o' },
		{ "as", required_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 },
	};
	struct prepare o = { .config = config, .started = routelease_now() };
	int64_t within = DEFAULT_MS;
	int64_t opening = 0;
	int opt;
	int rc;

	opterr = 0; /* our own words, in one line */
	while ((opt = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (opt) {
		case 'r': o.refresh = true; break;
		case 'l': o.locate = true; break;
		case 't': o.tell = true; break;
		case 'a': o.as = optarg; break;
		case 'w':
			if (parse_int(optarg, 1, 600000, &within, err) == -1)
				return -1;
			break;
		case 'o':
			if (parse_int(optarg, 1, 600000, &opening, err) == -1)
				return -1;
			break;
		default: return command_usage(err, how);
		}
	}
	if (argc - optind != 1)
		return command_usage(err, how);
	/* Both become names of files, and of lines in known_hosts. */
	if (!valid_target(argv[optind]) || (o.as != NULL && !valid_target(o.as)))
		return error_set(err, ERROR_USAGE, "not the name of a target");
	o.target = argv[optind];
	o.until = deadline_in(within > 2 * REASON_MS ? within - REASON_MS : within);
	o.opening_until = deadline_in(opening - REASON_MS);
	log_start("cxssh-open", o.target, config->log_size);
	rc = prepare_target(&o, err);
	log_step("%s", rc == 0 ? "ready" : err->text);
	if (rc == 0)
		prepare_tell(&o, HELPER_READY, "");
	else if (o.moved)
		prepare_tell(&o, HELPER_MOVED, "");
	else if (o.api_failed && err->code == ERROR_UNAVAILABLE && !o.locate)
		prepare_tell(&o,
		             strstr(err->text, HTTP_REFUSED) != NULL ? HELPER_REFUSED :
		                                                       HELPER_PASSING,
		             "");
	prepare_release(&o);
	return rc;
}
