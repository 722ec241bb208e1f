/* SPDX-License-Identifier: MIT */
/* A failure and the connections that share it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "prepare/failurecache.h"
#include "tap.h"

static char folder[] = "/tmp/cxssh-failure-XXXXXX";

static bool shares(const char *target, int64_t began_ms, struct error *err)
{
	*err = (struct error)ERROR_INIT;
	return failcache_get(target, began_ms, deadline_in(5000), err);
}

int main(void)
{
	struct error why = ERROR_INIT;
	struct error err;
	int64_t before;
	int64_t after;
	char *command;
	int status;

	if (mkdtemp(folder) == NULL || setenv("XDG_CACHE_HOME", folder, 1) == -1)
		return 1;
	error_set(&why, ERROR_DENIED, "the token is not accepted");
	before = deadline_wall_ms();
	ok(!shares("lion", before, &err), "without a failure there is nothing to share");
	failcache_put("lion", &why, deadline_in(5000));
	after = deadline_wall_ms() + 1;
	ok(!shares("lion", after, &err),
	   "a connection after a single failure makes its own try");
	ok(!shares("heron", before, &err),
	   "a failure of one target is not shared by another target");
	ok(shares("lion", before, &err),
	   "a connection that waited for the failed one shares the failure");
	ok(err.code == ERROR_DENIED, "a shared failure has the first one's code");
	is_str(err.text, "the token is not accepted",
	       "a shared failure has the first one's text");
	ok(shares("lion", after, &err),
	   "after a failure was shared, later connections share it, too");
	ok(shares("lion", after + 2000, &err),
	   "a shared failure is shared for some seconds");
	ok(!shares("lion", after + 3000, &err),
	   "a shared failure is not shared after three seconds");
	failcache_put("lion", &why, deadline_in(5000));
	ok(!shares("lion", deadline_wall_ms() + 1, &err),
	   "a new failure has not been shared yet");
	error_set(&why, ERROR_CONFIG, "another host key");
	before = deadline_wall_ms();
	failcache_put("lion", &why, deadline_in(5000));
	ok(shares("lion", before, &err),
	   "a changed host key is told to connections that wait");
	ok(!shares("lion", deadline_wall_ms() + 1, &err),
	   "a changed host key is not told to later connections: the user may have "
	   "accepted it");
	failcache_put("lion", &why, deadline_in(0));
	ok(!shares("lion", before, &err),
	   "a connection with time left does not share a failure for lack of time");
	ok(failcache_get("lion", before, deadline_in(500), &err),
	   "a connection without time left shares a failure for lack of time");
	ok(!shares("lion", before, &err),
	   "a failure for lack of time is not shared by connections with time left");
	if (asprintf(&command, "rm -r %s", folder) == -1)
		return 1;
	status = system(command);
	free(command);
	ok(status == 0, "failures leave no other file");
	return done_testing();
}
