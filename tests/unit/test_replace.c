/* SPDX-License-Identifier: MIT */
/* A file that the user changes, too, against a real folder. */

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "runtime/atomic.h"
#include "runtime/replace.h"
#include "tap.h"

static char folder[] = "/tmp/cxssh-replace.XXXXXX";
static char *path;   /* a link, mostly */
static char *target; /* the file that it leads to */

static void put(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(name, "w");

	if (f == NULL || fputs(text, f) == EOF || fclose(f) != 0 ||
	    chmod(name, mode) == -1)
		abort();
}

static bool holds(const char *name, const char *text)
{
	return atomic_is(name, text, strlen(text), 0640) ||
	       atomic_is(name, text, strlen(text), 0600);
}

static int change_to(const char *text, bool meanwhile, struct error *err)
{
	struct replace r = REPLACE_INIT;
	int rc = replace_begin(&r, path, 1000, err);

	if (meanwhile)
		put(target, "other", 0640);
	if (rc == 0)
		rc = replace_content(&r, text, strlen(text), err);
	if (rc == -1 && r.crossed)
		rc = -2;
	replace_release(&r);
	return rc;
}

static bool is_link(void)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

static void test_links(void)
{
	struct error err = ERROR_INIT;

	put(target, "old", 0640);
	(void)!symlink("target", path);
	ok(change_to("new", false, &err) == 0 && is_link(),
	   "a link of the user stays a link");
	ok(atomic_is(target, "new", 3, 0640),
	   "the file at its end changes and keeps its mode");
	(void)unlink(target);
	ok(change_to("new", false, &err) == 0 && is_link() &&
	           atomic_is(target, "new", 3, 0600),
	   "a missing file at the end of a link is made");
	(void)unlink(target);
	(void)unlink(path);
	(void)!symlink("missing/file", path);
	ok(change_to("new", false, &err) == -1 && err.code == ERROR_CONFIG && is_link(),
	   "no folder is made for a link: %s", err.text);
	(void)unlink(path);
	ok(change_to("new", false, &err) == 0 && atomic_is(path, "new", 3, 0600),
	   "a missing file is made");
	(void)unlink(path);
}

static void test_refusals(void)
{
	struct error err = ERROR_INIT;
	char *second = xasprintf("%s/second", folder);

	put(target, "old", 0640);
	(void)!symlink("target", path);
	(void)!link(target, second);
	ok(change_to("new", false, &err) == -1 && err.code == ERROR_CONFIG &&
	           holds(target, "old"),
	   "a file with a second name is not changed: %s", err.text);
	(void)unlink(second);
	free(second);
}

static void test_conflicts(void)
{
	struct error err = ERROR_INIT;
	struct replace change = REPLACE_INIT;

	put(target, "old", 0640);
	ok(change_to("new", true, &err) == -2 && err.code == ERROR_RETRY,
	   "a change of another program is a conflict: %s", err.text);
	ok(holds(target, "other"), "the other program's content stays");
	ok(replace_begin(&change, path, 1000, &err) == 0, "the file is read");
	put(target, "more", 0640);
	ok(replace_delete(&change, &err) == -1 && change.crossed && holds(target, "more"),
	   "a file that another program changed is not removed");
	replace_release(&change);
	ok(replace_begin(&change, path, 1000, &err) == 0 &&
	           replace_delete(&change, &err) == 0 && access(target, F_OK) == -1 &&
	           is_link(),
	   "the file is removed, and its link stays");
	replace_release(&change);
}

int main(void)
{
	if (mkdtemp(folder) == NULL)
		abort();
	path = xasprintf("%s/link", folder);
	target = xasprintf("%s/target", folder);
	test_links();
	test_refusals();
	test_conflicts();
	(void)unlink(path);
	(void)unlink(target);
	ok(rmdir(folder) == 0, "no other file is left in the folder");
	free(path);
	free(target);
	return done_testing();
}
