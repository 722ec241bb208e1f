/* SPDX-License-Identifier: MIT */
/* Files that are whole or not there, against a real folder. */

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "runtime/atomic.h"
#include "tap.h"

static char folder[] = "/tmp/cxssh-atomic.XXXXXX";

static char *at(const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

static void put(const char *path, const char *text, size_t len, mode_t mode)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fwrite(text, 1, len, f) != len || fclose(f) != 0 ||
	    chmod(path, mode) == -1)
		abort();
}

/* How many files stand in the folder: nothing may be left beside the file. */
static int entries(void)
{
	DIR *dir = opendir(folder);
	int n = 0;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		(void)closedir(dir);
	return n - 2;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static int make_nothing(const char *path)
{
	(void)path;
	return 0;
}

static int make_fifo(const char *path)
{
	return mkfifo(path, 0600);
}

static int make_folder(const char *path)
{
	return mkdir(path, 0700);
}

static int make_link_to_nothing(const char *path)
{
	char *nowhere = at("nowhere");
	int rc = symlink(nowhere, path);

	free(nowhere);
	return rc;
}

static int make_link_to_itself(const char *path)
{
	return symlink(path, path);
}

static int make_link_to_device(const char *path)
{
	return symlink("/dev/zero", path);
}

static int make_link_to_file(const char *path)
{
	char *target = at("target");
	int rc = symlink(target, path);

	put(target, "content", 7, 0600);
	free(target);
	return rc;
}

static int make_foreign(const char *path)
{
	put(path, "content", 7, 0644);
	return chown(path, 12345, (gid_t)-1);
}

static const struct {
	const char *what;
	int (*make)(const char *path); /* NULL: a file of this content and mode */
	const char *content;
	mode_t mode;
	int rc;
	const char *text; /* content, or how the complaint ends */
	bool as_root;     /* only root can make it */
} reads[] = {
	{ "a file", NULL, "content", 0600, 1, "content", false },
	{ "an empty file", NULL, "", 0644, 1, "", false },
	{ "no file", make_nothing, "", 0, 0, "", false },
	{ "a file of a private group", NULL, "content", 0660, 1, "content", false },
	{ "a link to a file", make_link_to_file, "", 0, 1, "content", false },
	{ "a link to nothing", make_link_to_nothing, "", 0, 0, "", false },
	{ "a link to itself", make_link_to_itself, "", 0, -1, "ymbolic link", false },
	{ "a link to a device", make_link_to_device, "", 0, -1, "not a regular file",
	  false },
	{ "a fifo", make_fifo, "", 0, -1, "not a regular file", false },
	{ "a folder", make_folder, "", 0, -1, "not a regular file", false },
	{ "a file one byte too long", NULL, "content!", 0600, -1, "longer than 7 bytes",
	  false },
	{ "a file that others can write", NULL, "content", 0666, -1,
	  "others can write it; run: chmod o-w ", false },
	{ "a file of another user", make_foreign, "", 0, -1, "belongs to another user",
	  true },
};

static void test_reads(void)
{
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		struct strbuf content = STRBUF_INIT;
		struct error err = ERROR_INIT;
		char *path = at("read");
		int rc;

		if (reads[i].as_root && geteuid() != 0) {
			ok(true, "%s # SKIP only root can make one", reads[i].what);
			free(path);
			continue;
		}
		if (reads[i].make == NULL)
			put(path, reads[i].content, strlen(reads[i].content),
			    reads[i].mode);
		else if (reads[i].make(path) == -1)
			abort();
		strbuf_adds(&content, "before:");
		rc = atomic_read(path, 7, &content, &err);
		ok(rc == reads[i].rc, "%s is %s", reads[i].what,
		   reads[i].rc == -1 ? "refused" : "read");
		if (rc == -1) {
			ok(strstr(err.text, reads[i].text) != NULL &&
			           err.code == ERROR_CONFIG &&
			           strncmp(err.text, path, strlen(path)) == 0,
			   "the error names the file and the reason: %s", err.text);
		} else {
			is_str(content.data + 7, reads[i].text,
			       "the content that is read is that of the file");
		}
		strbuf_release(&content);
		if (unlink(path) == -1)
			(void)rmdir(path);
		free(path);
		path = at("target");
		(void)unlink(path);
		free(path);
	}
}

static bool holds(const char *path, const char *bytes, size_t len)
{
	struct strbuf content = STRBUF_INIT;
	struct error err = ERROR_INIT;
	bool same = atomic_read(path, 1024 * 1024, &content, &err) == 1 &&
	            content.len == len && memcmp(content.data, bytes, len) == 0;

	strbuf_release(&content);
	return same;
}

static void test_read_end(void)
{
	static const struct {
		size_t max;
		int rc;
		const char *content;
	} cases[] = { { 4, 2, "6789" },
		      { 10, 1, "0123456789" },
		      { 11, 1, "0123456789" } };
	char *path = at("long");

	put(path, "0123456789", 10, 0600);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct strbuf content = STRBUF_INIT;
		struct error err = ERROR_INIT;

		ok(atomic_read_end(path, cases[i].max, &content, &err) == cases[i].rc,
		   "the last %zu bytes of a file are read", cases[i].max);
		is_str(content.data, cases[i].content,
		       "the bytes that are read are the file's last ones");
		strbuf_release(&content);
	}
	(void)unlink(path);
	free(path);
}

static void test_write(void)
{
	struct error err = ERROR_INIT;
	char *path = at("file");
	ino_t inode;
	struct stat st;
	mode_t mask = umask(0);

	ok(atomic_write(path, "one\0two", 7, 0600, &err) == 0 &&
	           holds(path, "one\0two", 7),
	   "bytes are written, a NUL too");
	ok(mode_of(path) == 0600,
	   "a written file is readable by its owner only, whatever umask says");
	(void)stat(path, &st);
	inode = st.st_ino;
	ok(atomic_write(path, "", 0, 0644, &err) == 0 && holds(path, "", 0),
	   "an empty file is written");
	(void)stat(path, &st);
	ok(st.st_ino != inode && mode_of(path) == 0644,
	   "a file that is written again is a new file of the given mode");
	ok(entries() == 1, "a written file leaves nothing beside it");
	(void)unlink(path);
	(void)umask(mask);
	free(path);
}

static void test_write_in_place_of(void)
{
	struct error err = ERROR_INIT;
	char *path = at("link");
	char *target = at("target");
	struct stat st;

	put(target, "untouched", 9, 0600);
	(void)!symlink(target, path);
	ok(atomic_write(path, "new", 3, 0600, &err) == 0 && lstat(path, &st) == 0 &&
	           S_ISREG(st.st_mode),
	   "a link is replaced by a file");
	ok(holds(target, "untouched", 9),
	   "the file at the end of a replaced link is not written");
	(void)unlink(path);
	(void)mkdir(path, 0700);
	ok(atomic_write(path, "new", 3, 0600, &err) == -1 && err.code == ERROR_CONFIG,
	   "a folder is not replaced");
	ok(strncmp(err.text, "cannot write ", 13) == 0 && strstr(err.text, path) != NULL,
	   "the error names the folder in the file's place: %s", err.text);
	(void)rmdir(path);
	ok(entries() == 1, "a write that was refused leaves nothing beside it");
	(void)unlink(target);
	free(path);
	free(target);

	path = at("missing/file");
	ok(atomic_write(path, "new", 3, 0600, &err) == -1 && err.code == ERROR_CONFIG &&
	           strncmp(err.text, "cannot write ", 13) == 0,
	   "a file in a missing folder cannot be written");
	free(path);
}

/* A full disk, played by a limit to the size of files. */
static void test_full_disk(void)
{
	char *path = at("full");
	pid_t child;
	int status = -1;

	put(path, "the old one", 11, 0600);
	child = fork();
	if (child == 0) {
		struct rlimit limit = { .rlim_cur = 4096, .rlim_max = 4096 };
		struct error err = ERROR_INIT;
		char *many = xcalloc(100000, 1);
		int rc;

		(void)signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &limit) == -1)
			_exit(9);
		rc = atomic_write(path, many, 100000, 0600, &err);
		free(many);
		_exit(rc == -1 && err.code == ERROR_CONFIG &&
		                      strstr(err.text, "cannot write ") == err.text ?
		              0 :
		              1);
	}
	(void)waitpid(child, &status, 0);
	ok(status == 0, "a write to a full disk fails");
	ok(holds(path, "the old one", 11), "a full disk leaves the old file whole");
	ok(entries() == 1, "a full disk leaves nothing beside the file");
	(void)unlink(path);
	free(path);
}

/* While one writes without end, others never see half a file. */
static void test_readers(void)
{
	enum { LEN = 60000, WRITES = 150 };
	char *path = at("busy");
	char *bytes = xcalloc(LEN, 1);
	int torn = 0;
	int seen = 0;
	int status = -1;
	pid_t writer;

	memset(bytes, 'a', LEN);
	put(path, bytes, LEN, 0600);
	writer = fork();
	if (writer == 0) {
		struct error err = ERROR_INIT;
		int failed = 0;

		for (int i = 0; i < WRITES; i++) {
			memset(bytes, 'a' + i % 26, LEN);
			failed |= atomic_update_cache(path, bytes, LEN, NULL, &err) == -1;
		}
		free(bytes);
		free(path);
		_exit(failed);
	}
	while (waitpid(writer, &status, WNOHANG) == 0) {
		struct strbuf content = STRBUF_INIT;
		struct error err = ERROR_INIT;

		torn += atomic_read(path, LEN, &content, &err) != 1 ||
		        content.len != LEN || content.data[0] != content.data[LEN - 1];
		seen++;
		strbuf_release(&content);
	}
	ok(status == 0 && seen > 0 && torn == 0,
	   "readers see one file or the next, never a mixture");
	(void)unlink(path);
	free(path);
	free(bytes);
}

static void test_update(void)
{
	struct error err = ERROR_INIT;
	char *path = at("file");
	struct stat before;
	struct stat after;
	bool changed = false;

	ok(atomic_update(path, "one", 3, 0600, &changed, &err) == 0 && changed,
	   "a first file is a change");
	(void)stat(path, &before);
	ok(atomic_update(path, "one", 3, 0600, &changed, &err) == 0 && !changed,
	   "the same content is no change");
	(void)stat(path, &after);
	ok(before.st_ino == after.st_ino, "a file with the same content is not touched");
	ok(atomic_update(path, "onetwo", 6, 0600, &changed, &err) == 0 && changed &&
	           holds(path, "onetwo", 6),
	   "a longer content is a change");
	ok(atomic_update(path, "two", 3, 0600, &changed, &err) == 0 && changed &&
	           holds(path, "two", 3),
	   "a shorter content is a change");
	ok(atomic_update_cache(path, "two", 3, &changed, &err) == 0 && !changed &&
	           atomic_update_cache(path, "six", 3, &changed, &err) == 0 && changed &&
	           holds(path, "six", 3),
	   "the same content of a cache file is no change");
	ok(mode_of(path) == 0600, "a cache file is for its owner only");
	ok(atomic_update(path, "ten", 3, 0600, NULL, &err) == 0 && holds(path, "ten", 3),
	   "an update works without a place for whether it changed");
	(void)chmod(path, 0666);
	ok(atomic_update(path, "ten", 3, 0600, &changed, &err) == 0 && changed &&
	           mode_of(path) == 0600,
	   "a file that others could write is made anew with the same content");
	(void)unlink(path);
	free(path);
}

/* What is the same, but not as it should be, is made anew. */
static void test_update_of_others(void)
{
	struct error err = ERROR_INIT;
	char *path = at("file");
	char *target = at("target");
	bool changed = false;
	struct stat st;

	put(path, "ten", 3, 0644);
	ok(atomic_update(path, "ten", 3, 0600, &changed, &err) == 0 && changed &&
	           mode_of(path) == 0600,
	   "a file that others could read is made anew with the same content");
	(void)unlink(path);
	put(target, "ten", 3, 0600);
	(void)!symlink(target, path);
	ok(atomic_update(path, "ten", 3, 0600, &changed, &err) == 0 && changed &&
	           lstat(path, &st) == 0 && S_ISREG(st.st_mode),
	   "a link to a file is replaced by a file with the same content");
	ok(holds(target, "ten", 3), "the file at the end of that link is left alone");
	if (geteuid() == 0) {
		(void)!chown(path, 12345, (gid_t)-1);
		ok(atomic_update(path, "ten", 3, 0600, &changed, &err) == 0 && changed &&
		           stat(path, &st) == 0 && st.st_uid == 0,
		   "a file of another user is made anew with the same content");
	}
	(void)unlink(path);
	(void)unlink(target);
	free(path);
	free(target);
}

/* A file that the user has made: its links and its mode are the user's. */
static void test_update_users(void)
{
	struct error err = ERROR_INIT;
	char *path = at("link");
	char *target = at("target");
	struct stat st;

	put(target, "old", 3, 0640);
	(void)!symlink("target", path);
	ok(atomic_update_users(path, "new", 3, &err) == 0 && lstat(path, &st) == 0 &&
	           S_ISLNK(st.st_mode),
	   "a link of the user stays one");
	ok(holds(target, "new", 3) && mode_of(target) == 0640,
	   "the file at the end of a user's link changes, and keeps its mode");
	(void)unlink(path);
	ok(atomic_update_users(path, "new", 3, &err) == 0 && holds(path, "new", 3) &&
	           mode_of(path) == 0600,
	   "a user's file that is missing is made");
	(void)unlink(path);
	(void)!symlink("nowhere", path);
	ok(atomic_update_users(path, "new", 3, &err) == -1 && err.code == ERROR_CONFIG &&
	           lstat(path, &st) == 0 && S_ISLNK(st.st_mode),
	   "a link that leads nowhere stays one: %s", err.text);
	(void)unlink(path);
	(void)unlink(target);
	free(path);
	free(target);
}

static void test_draft(void)
{
	struct tmpfile draft = TMPFILE_INIT;
	struct error err = ERROR_INIT;
	char *path = at("file");
	char *missing = at("missing/file");

	put(path, "old", 3, 0644);
	ok(tmpfile_open(&draft, path, "new", 3, &err) == 0 && entries() == 2,
	   "a draft lies beside its file");
	ok(holds(path, "old", 3) && holds(draft.name, "new", 3) &&
	           mode_of(draft.name) == 0600,
	   "a draft is whole while its file is as it was");
	ok(tmpfile_is_name(strrchr(draft.name, '/') + 1),
	   "the name of a draft is that of a draft");
	ok(tmpfile_publish(&draft, path, &err) == 0 && holds(path, "new", 3) &&
	           entries() == 1,
	   "a draft that is published replaces its file");
	ok(tmpfile_open(&draft, path, "newer", 5, &err) == 0, "a second draft is made");
	tmpfile_release(&draft);
	ok(holds(path, "new", 3) && entries() == 1,
	   "a draft that is released leaves the file as it was");
	tmpfile_release(&draft);
	ok(entries() == 1, "a draft may be released twice");
	ok(tmpfile_open(&draft, missing, "x", 1, &err) == -1 && draft.fd == -1 &&
	           err.code == ERROR_CONFIG,
	   "a draft in a missing folder cannot be made: %s", err.text);
	(void)unlink(path);
	free(path);
	free(missing);
}

/* Stand in the place of libc's: what was synced last, a file and a folder, and as what
 * the file was to be found by then. */
static ino_t synced_file;
static ino_t synced_folder;
static bool was_placed;
static const char *place = "";

int fsync(int fd)
{
	struct stat st;
	struct stat now;

	if (fstat(fd, &st) == -1)
		return -1;
	if (S_ISDIR(st.st_mode)) {
		synced_folder = st.st_ino;
		was_placed = stat(place, &now) == 0 && now.st_ino == synced_file;
	} else {
		synced_file = st.st_ino;
		synced_folder = 0;
	}
	return 0;
}

static ino_t inode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* What a power failure leaves cannot be tried here; what must be asked for can. */
static void test_durable(void)
{
	struct error err = ERROR_INIT;
	struct tmpfile draft = TMPFILE_INIT;
	char *path = at("durable");

	place = path;
	(void)atomic_write(path, "content", 7, 0600, &err);
	ok(synced_file == inode_of(path), "a file that is written is synced");
	ok(synced_folder == inode_of(folder) && was_placed,
	   "the folder of a written file is synced after the rename");
	synced_file = synced_folder = 0;
	(void)atomic_update(path, "another", 7, 0600, NULL, &err);
	ok(synced_file == inode_of(path) && synced_folder == inode_of(folder) &&
	           was_placed,
	   "a file that is changed is synced with its folder");
	synced_file = synced_folder = 0;
	(void)tmpfile_open(&draft, path, "drafted", 7, &err);
	(void)tmpfile_publish(&draft, path, &err);
	ok(synced_file == inode_of(path) && synced_folder == inode_of(folder) &&
	           was_placed,
	   "a draft that is published is synced with its folder");
	synced_file = synced_folder = 0;
	(void)atomic_update_cache(path, "cached", 6, NULL, &err);
	ok(synced_file == 0 && synced_folder == 0, "a cache file is not synced");
	(void)unlink(path);
	free(path);
}

static void test_names_of_drafts(void)
{
	static const struct {
		const char *name;
		bool draft;
	} names[] = {
		{ ".config.cxssh-Ab3dEf", true },
		{ ".a.cxssh-000000", true },
		{ ".config.cxssh-Ab3dE", false },
		{ ".config.cxssh-Ab3dEfg", false },
		{ "config.cxssh-Ab3dEf", false },
		{ ".config.backup", false },
		{ "config.cxssh-backup", false },
		{ ".cxssh-Ab3dEf", false },
		{ ".config.cxssh_Ab3dEf", false },
		{ ".", false },
		{ "", false },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ok(tmpfile_is_name(names[i].name) == names[i].draft, "\"%s\" is %s draft",
		   names[i].name, names[i].draft ? "a" : "no");
}

int main(void)
{
	if (mkdtemp(folder) == NULL)
		return 1;
	test_reads();
	test_read_end();
	test_write();
	test_write_in_place_of();
	test_full_disk();
	test_readers();
	test_update();
	test_update_of_others();
	test_update_users();
	test_draft();
	test_durable();
	test_names_of_drafts();
	(void)rmdir(folder);
	return done_testing();
}
