/* SPDX-License-Identifier: MIT */
/* A failure and those who share it. */
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
	before = failcache_now_ms();
	ok(!shares("lion", before, &err),
	   "where none has failed, there is nothing to share");
	failcache_put("lion", &why, deadline_in(5000));
	after = failcache_now_ms() + 1;
	ok(!shares("lion", after, &err),
	   "who comes after a single failure tries for himself");
	ok(!shares("heron", before, &err), "it is a failure of one target");
	ok(shares("lion", before, &err), "who waited for it shares it");
	ok(err.code == ERROR_DENIED, "with its kind");
	is_str(err.text, "the token is not accepted", "and its words");
	ok(shares("lion", after, &err),
	   "then there is a crowd, and its latecomers share it, too");
	ok(shares("lion", after + 2000, &err), "for some seconds");
	ok(!shares("lion", after + 3000, &err), "and not longer");
	failcache_put("lion", &why, deadline_in(5000));
	ok(!shares("lion", failcache_now_ms() + 1, &err),
	   "another failure has no crowd yet");
	error_set(&why, ERROR_CONFIG, "another host key");
	before = failcache_now_ms();
	failcache_put("lion", &why, deadline_in(5000));
	ok(shares("lion", before, &err),
	   "a host key that is another one is told to who waits");
	ok(!shares("lion", failcache_now_ms() + 1, &err),
	   "but not to latecomers: it may have been forgotten since");
	failcache_put("lion", &why, deadline_in(0));
	ok(!shares("lion", before, &err),
	   "who has time left does not share that another's was over");
	ok(failcache_get("lion", before, deadline_in(500), &err),
	   "who has none left does");
	ok(!shares("lion", before, &err), "and makes no crowd of those who have");
	if (asprintf(&command, "rm -r %s", folder) == -1)
		return 1;
	status = system(command);
	free(command);
	ok(status == 0, "nothing else is left");
	return done_testing();
}
