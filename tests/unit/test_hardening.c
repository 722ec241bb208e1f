/* SPDX-License-Identifier: MIT */
/* What a process does before it holds a secret, and what its children get. */

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/error.h"
#include "base/strbuf.h"
#include "runtime/hardening.h"
#include "runtime/spawn.h"
#include "tap.h"

static void test_limits(void)
{
	struct rlimit before;
	struct rlimit now;

	(void)getrlimit(RLIMIT_CORE, &before);
	before.rlim_cur = before.rlim_max; /* whatever the shell had set */
	(void)setrlimit(RLIMIT_CORE, &before);
	hardening_begin();
	hardening_begin(); /* twice is once */
	(void)getrlimit(RLIMIT_CORE, &now);
	ok(now.rlim_cur == 0, "a hardened process leaves no core file");
	ok(now.rlim_max == before.rlim_max,
	   "a hardened process may raise its core limit again");
#ifdef __linux__
	ok(prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L) == 0,
	   "a hardened process cannot be traced");
#endif
	hardening_end();
	(void)getrlimit(RLIMIT_CORE, &now);
	ok(now.rlim_cur == before.rlim_cur,
	   "a program that takes the process's place has the first core limit");
}

static void say(int (*start)(char *const argv[], struct child *child, struct error *err),
                struct strbuf *said)
{
	char *argv[] = { (char[]){ "/bin/sh" }, (char[]){ "-c" },
		         (char[]){ "echo \"$CLOUD66_TOKEN,$CXTOKEN,$CXTOKENS,$PLAIN\"" },
		         NULL };
	struct error err = ERROR_INIT;
	struct child child;
	int status;

	strbuf_clear(said);
	if (start(argv, &child, &err) == 0)
		(void)spawn_wait(&child, deadline_in(5000), said, &status, &err);
}

static void test_environment(void)
{
	struct strbuf said = STRBUF_INIT;
	char *token;

	(void)setenv("CLOUD66_TOKEN", "one", 1);
	(void)setenv("CXTOKEN", "two", 1);
	(void)setenv("CXTOKENS", "three", 1);
	(void)setenv("PLAIN", "four", 1);
	say(spawn_start, &said);
	is_str(said.data, ",,three,four\n", "a child gets all variables but the secrets");
	say(spawn_start_full_env, &said);
	is_str(said.data, "one,two,three,four\n",
	       "a child that asks the API gets the secrets");
	ok(getenv("CXTOKEN") != NULL,
	   "a process keeps its secrets after a child has started");
	token = getenv("CLOUD66_TOKEN");
	hardening_forget();
	ok(getenv("CLOUD66_TOKEN") == NULL && getenv("CXTOKEN") == NULL,
	   "secrets that are forgotten are out of the environment");
	ok(memcmp(token, "\0\0\0", 3) == 0,
	   "secrets that are forgotten are wiped where they stood");
	is_str(getenv("CXTOKENS"), "three",
	       "forgetting secrets removes no other variable");
	ok(hardening_is_secret("CXTOKEN=") && !hardening_is_secret("CXTOKEN") &&
	           !hardening_is_secret("CXTOKENS=x") &&
	           !hardening_is_secret("MYCXTOKEN=x"),
	   "a secret is known by its whole name");
	strbuf_release(&said);
}

int main(void)
{
	test_limits();
	test_environment();
	return done_testing();
}
