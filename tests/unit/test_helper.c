/* SPDX-License-Identifier: MIT */
/* The state machine of the helper process, with a child and a clock of the test's own. */

#include "connect/helper.h"
#include "fakes.h"
#include "tap.h"

static const struct helper_args lion = { .target = "1f2e3d4c5b6a", .as = "ab12.web" };

/* A helper that was just started, with 9.5 s left. */
static struct helper started(void)
{
	struct helper h = HELPER_INIT;
	struct helper_args args = lion;
	struct error err = ERROR_INIT;

	child_reset();
	fake_source = "192.0.2.9";
	args.until = deadline_in(9500);
	if (helper_start(&h, &args, &err) == -1)
		abort();
	return h;
}

static enum helper_state after(struct helper *h, const char *output, int status)
{
	child_writes(output);
	if (status != -1)
		child_ends(status);
	helper_poll(h);
	return h->state;
}

static void test_start(void)
{
	struct helper_args args = { .target = "uid", .refresh = true };
	struct helper h = started();
	struct error err = ERROR_INIT;

	is_str(fake_child.args,
	       " open --tell --within=9500 --as=ab12.web -- 1f2e3d4c5b6a",
	       "cxssh open is told the target, the role and the time that is left");
	ok(h.state == HELPER_RUNNING, "a helper that was started runs");
	args.until = deadline_in(500);
	(void)helper_start(&h, &args, &err);
	is_str(fake_child.args, " open --tell --within=500 --refresh -- uid",
	       "a second start has arguments of its own");
	helper_leave(&h);
	ok(h.state == HELPER_NONE && fake_child.kills == 0,
	   "a helper that is left runs on, and its place is as new");
}

static void test_lines(void)
{
	struct helper h = started();

	ok(after(&h, "a step\n@answ", -1) == HELPER_RUNNING && !h.answered,
	   "half a line says nothing yet");
	ok(after(&h, "ers\n", -1) == HELPER_RUNNING && h.answered,
	   "@answers: the server answers, and the helper goes on");
	ok(after(&h, "no @ready\n@ready not\n", -1) == HELPER_RUNNING,
	   "a word inside another line says nothing");
	ok(after(&h, "@ready\n", -1) == HELPER_DONE && fake_child.kills == 0,
	   "@ready: the helper is done, although its process runs on");
	helper_leave(&h);
}

static void test_ends(void)
{
	struct helper h = started();
	struct error err = ERROR_INIT;

	ok(after(&h, "", EXITED(0)) == HELPER_DONE, "exit status 0: done");
	helper_leave(&h);
	h = started();
	ok(after(&h, "a step\ncxssh: no such server\n", EXITED(66)) == HELPER_FAILED &&
	           h.failed.code == ERROR_NO_HOST,
	   "another exit status: failed, with the code that it stands for");
	is_str(h.failed.text, "no such server", "the reason is the last line");
	helper_leave(&h);
	h = started();
	(void)after(&h, "cxssh: warning: odd\ncxssh: the API is silent\n", -1);
	ok(helper_wait_answer(&h, -1, deadline_in(0), &err) == -1 &&
	           err.code == ERROR_UNAVAILABLE,
	   "a helper whose time is over has failed");
	is_str(err.text, "the API is silent",
	       "the reason that it printed counts, although its process runs on");
	helper_leave(&h);
	h = started();
	(void)after(&h, "cxssh: warning: odd\n", -1);
	(void)helper_wait_answer(&h, -1, deadline_in(0), &err);
	is_str(err.text, "the preparations took too long", "a warning is no reason");
	helper_leave(&h);
	h = started();
	ok(after(&h, "", EXITED(69)) == HELPER_FAILED && h.failed.text[0] != '\0',
	   "a helper that fails in silence has a reason, too");
	helper_leave(&h);
	h = started();
	ok(after(&h, "half a lin", 9) == HELPER_FAILED && h.failed.code == ERROR_INTERNAL,
	   "a helper that is killed has failed");
	is_str(h.failed.text, "cxssh open was ended by signal 9",
	       "the error names the signal that ended the helper");
	helper_leave(&h);
}

static void test_network(void)
{
	struct helper h = started();

	fake_source = "198.51.100.7";
	fake_ms += 400;
	helper_poll(&h);
	ok(fake_child.starts == 1, "the source address is not compared at each poll");
	fake_ms += 200;
	helper_poll(&h);
	ok(fake_child.starts == 2 && fake_child.kills == 1 && h.state == HELPER_RUNNING,
	   "in another network the helper is killed and started again");
	is_str(fake_child.args,
	       " open --tell --within=8900 --as=ab12.web -- 1f2e3d4c5b6a",
	       "a helper that is started again has the time that is left");
	fake_ms += 600;
	helper_poll(&h);
	ok(fake_child.starts == 2, "in the same network the helper is left alone");
	ok(after(&h, "@moved\ncxssh: the network has changed\n", EXITED(75)) ==
	           HELPER_RUNNING,
	   "@moved: a helper that gave up for that reason is started again");
	ok(fake_child.starts == 3 && !h.moved && !h.answered,
	   "a helper that is started again has said nothing yet");
	helper_leave(&h);
}

static void test_silent(void)
{
	struct helper h = started();

	ok(after(&h, "@silent\ncxssh: lion does not answer\n", EXITED(69)) ==
	                   HELPER_FAILED &&
	           h.failed.cause == CAUSE_SILENT,
	   "@silent: the cause is that the server does not answer");
	helper_leave(&h);
	h = started();
	ok(after(&h, "cxssh: no such server\n", EXITED(66)) == HELPER_FAILED &&
	           h.failed.cause == CAUSE_OTHER,
	   "without @silent the cause is not known");
	helper_leave(&h);
}

static void test_passing(void)
{
	static const char words[] = "@passing\ncxssh: the API is down\n";
	struct helper h = started();
	int64_t began = fake_ms;

	ok(after(&h, words, EXITED(69)) == HELPER_RUNNING && fake_child.starts == 1,
	   "@passing: the helper that fails counts as running");
	ok(helper_poll_ms(&h, 9000) == 250,
	   "a helper that failed for a while is started again after a pause");
	fake_ms += 240;
	helper_poll(&h);
	ok(fake_child.starts == 1,
	   "a helper is not started again before the pause is over");
	fake_ms += 10;
	helper_poll(&h);
	ok(fake_child.starts == 2 && h.state == HELPER_RUNNING,
	   "a helper is started again after the pause");
	is_str(fake_child.args,
	       " open --tell --within=9250 --as=ab12.web -- 1f2e3d4c5b6a",
	       "a helper that is started again after a pause has the time that is left");
	(void)after(&h, words, EXITED(69));
	ok(helper_poll_ms(&h, 400) == 400 && helper_poll_ms(&h, 9000) == 500,
	   "the pause before the next helper grows");
	while (h.state == HELPER_RUNNING && fake_ms < began + 20000) {
		fake_ms += 50;
		helper_poll(&h);
		if (fake_child.status == -1)
			(void)after(&h, words, EXITED(69));
	}
	ok(h.state == HELPER_FAILED && fake_ms - began < 9500 && fake_child.starts > 5,
	   "a helper that keeps failing has failed for good before the deadline (after "
	   "%d ms, %d starts)",
	   (int)(fake_ms - began), fake_child.starts);
	is_str(h.failed.text, "the API is down", "the last reason is handed on");
	helper_leave(&h);
	h = started();
	(void)after(&h, words, EXITED(69));
	fake_ms += 300;
	helper_poll(&h);
	ok(after(&h, "", EXITED(0)) == HELPER_DONE, "an API that comes back serves");
	helper_leave(&h);
	h = started();
	ok(after(&h, "cxssh: the token is not accepted\n", EXITED(77)) == HELPER_FAILED,
	   "any other failure is final at once");
	helper_leave(&h);
}

static void test_waits(void)
{
	struct helper h = started();

	ok(helper_poll_ms(&h, 300) == 300, "a short sleep is not changed");
	ok(helper_poll_ms(&h, 9000) == 500, "a long sleep is cut to look at the network");
	child_ends(-1);
	helper_poll(&h);
	ok(h.state == HELPER_RUNNING && helper_poll_ms(&h, 9000) == 5,
	   "with its output closed the end of a helper is looked for often");
	child_ends(EXITED(0));
	helper_poll(&h);
	ok(helper_poll_ms(&h, 9000) == 9000, "a helper that has ended changes nothing");
	helper_leave(&h);
}

static int64_t script_from;
static void answers_after_700(void)
{
	if (fake_ms == script_from + 700)
		child_writes("@answers\n");
}

static void fails_after_700(void)
{
	if (fake_ms == script_from + 700) {
		child_writes("cxssh: the API is down\n");
		child_ends(EXITED(69));
	}
}

static int wait_with(void (*script)(void), int caller, struct error *err)
{
	struct helper h = started();
	int rc;

	script_from = fake_ms;
	fake_script = script;
	rc = helper_wait_answer(&h, caller, deadline_in(3000), err);
	fake_script = NULL;
	helper_leave(&h);
	return rc;
}

static void test_wait_answer(void)
{
	struct error err = ERROR_INIT;
	int caller[2];

	ok(wait_with(answers_after_700, -1, &err) == 0 && fake_ms - script_from == 700,
	   "waiting for an answer ends with it");
	ok(wait_with(fails_after_700, -1, &err) == -1 && fake_ms - script_from == 700,
	   "waiting for an answer ends when the helper fails");
	is_str(err.text, "the API is down",
	       "the reason of the failed helper is handed on");
	ok(wait_with(NULL, -1, &err) == -1 && fake_ms - script_from == 3000,
	   "waiting for an answer ends at the deadline");
	if (pipe(caller) == -1)
		abort();
	(void)close(caller[0]);
	ok(wait_with(NULL, caller[1], &err) == -1 && fake_ms == script_from,
	   "waiting for an answer ends when the client hangs up");
	(void)close(caller[1]);
}

int main(void)
{
	(void)unsetenv("CXDEBUG");
	(void)setenv("XDG_CACHE_HOME", "/proc/none", 1);
	test_start();
	test_lines();
	test_ends();
	test_network();
	test_silent();
	test_passing();
	test_waits();
	test_wait_answer();
	return done_testing();
}
