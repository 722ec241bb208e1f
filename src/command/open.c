/* SPDX-License-Identifier: MIT */
/*
 * open - make a target ready for a connection.  Started by cxssh-proxy; ssh's user sees
 * its last line on stderr.
 */

#include <stdint.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/parse.h"
#include "cli/options.h"
#include "command/command.h"
#include "connect/helper.h"
#include "prepare/steps.h"
#include "runtime/config.h"
#include "runtime/log.h"

enum {
	DEFAULT_MS = 60000,
	REASON_MS = 300, /* before --within: so that the proxy can pass the reason on */
};

static int set_ms(char letter, const char *value, void *ms, struct error *err)
{
	(void)letter;
	return parse_int(value, 1, 600000, ms, err);
}

/* May the same call of the API work some seconds later? */
static bool is_passing(const struct error *err)
{
	return err->code == ERROR_UNAVAILABLE && err->cause != CAUSE_UNTRUSTED &&
	       err->cause != CAUSE_CLOCK && err->cause != CAUSE_REJECTED;
}

/* The last line for cxssh-proxy: how it came out. */
static void tell_result(struct prepare *o, int rc, const struct error *err)
{
	if (rc == 0)
		prepare_tell(o, HELPER_READY, "");
	else if (o->moved)
		prepare_tell(o, HELPER_MOVED, "");
	else if (err->cause == CAUSE_SILENT)
		prepare_tell(o, HELPER_SILENT, "");
	else if (o->api_failed && !o->locate && is_passing(err))
		prepare_tell(o,
		             err->cause == CAUSE_NOT_LISTENING ? HELPER_REFUSED :
		                                                 HELPER_PASSING,
		             "");
}

int command_open(int argc, char *argv[], struct config *config, struct error *err)
{
	struct prepare o = { .config = config, .started_ms = deadline_wall_ms() };
	int64_t within = DEFAULT_MS;
	int64_t opening = 0;
	const struct options_place places[] = {
		{ 'R', .flag = &o.refresh },
		{ 'L', .flag = &o.locate },
		{ 'T', .flag = &o.tell },
		{ 'A', .text = &o.as },
		{ 'W', .call = set_ms, .cookie = &within },
		{ 'F', .call = set_ms, .cookie = &opening },
		{ .letter = '\0' },
	};
	int first = options_parse(argc, argv, places, 1, 1, err);
	int rc;

	if (first == -1)
		return -1;
	/* Both become names of files, and of lines in known_hosts. */
	if (!valid_target(argv[first]) || (o.as != NULL && !valid_target(o.as)))
		return error_set(err, ERROR_USAGE, "not the name of a target");
	o.target = argv[first];
	o.until = deadline_in(within > 2 * REASON_MS ? within - REASON_MS : within);
	o.limited = opening == 0;
	o.opening_until = deadline_in(opening - REASON_MS);
	log_start("cxssh-open", o.target, config->log_size);
	rc = prepare_target(&o, err);
	log_step("%s", rc == 0 ? "ready" : err->text);
	tell_result(&o, rc, err);
	prepare_release(&o);
	return rc;
}
