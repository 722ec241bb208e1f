/* SPDX-License-Identifier: MIT */
#include "broker/landlock.h"

#ifdef __linux__

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

/* As in <linux/landlock.h>, which is older than the kernel on many machines.  The numbers
 * of the calls are the same on all architectures. */
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };
enum { GET_VERSION = 1, PATH_BENEATH = 1, NET_PORT = 2 };

enum { EXECUTE = 1 << 0, WRITE_FILE = 1 << 1, READ_FILE = 1 << 2, READ_DIR = 1 << 3 };
enum { TRUNCATE = 1 << 14 };       /* version 3 */
enum { RESOLVE_UNIX = 1 << 16 };   /* version 9, Linux 7.1 */
enum { MAKE_AND_REMOVE = 0x1ff0 }; /* REMOVE_DIR, REMOVE_FILE, seven times MAKE_ */
enum { BIND_TCP = 1 << 0, CONNECT_TCP = 1 << 1 };     /* version 4 */
enum { ABSTRACT_SOCKETS = 1 << 0, SIGNALS = 1 << 1 }; /* version 6 */

struct ruleset {
	uint64_t files;
	uint64_t ports;  /* version 4 */
	uint64_t scopes; /* version 6 */
};

struct path_rule {
	uint64_t allowed;
	int32_t folder;
} __attribute__((packed));

struct port_rule {
	uint64_t allowed;
	uint64_t port;
};

struct landlock {
	int fd;
	int version;
	uint64_t files; /* the rights that it handles */
};

static int kernel_version(void)
{
	long version = syscall(CREATE_RULESET, NULL, 0, GET_VERSION);

	return version > 0 ? (int)version : 0;
}

/* The size of struct ruleset that a kernel knows. */
static size_t ruleset_size(int version)
{
	if (version < 4)
		return offsetof(struct ruleset, ports);
	return version < 6 ? offsetof(struct ruleset, scopes) : sizeof(struct ruleset);
}

struct landlock *landlock_new(void)
{
	int version = kernel_version();
	struct ruleset all = { .files = EXECUTE | WRITE_FILE | READ_FILE | READ_DIR |
		                        MAKE_AND_REMOVE,
		               .ports = BIND_TCP | CONNECT_TCP,
		               .scopes = ABSTRACT_SOCKETS | SIGNALS };
	struct landlock *land;
	long fd;

	if (version == 0)
		return NULL;
	if (version >= 3)
		all.files |= TRUNCATE;
	fd = syscall(CREATE_RULESET, &all, ruleset_size(version), 0);
	if (fd == -1)
		return NULL;
	land = xcalloc(1, sizeof(*land));
	land->fd = (int)fd; /* close-on-exec from birth */
	land->version = version;
	land->files = all.files;
	return land;
}

void landlock_allow(struct landlock *land, const char *path, enum landlock_use use)
{
	struct path_rule rule = { .allowed = EXECUTE | READ_FILE | READ_DIR };
	struct stat st;
	int folder;

	if (land == NULL)
		return;
	if (use >= LANDLOCK_USE)
		rule.allowed |= WRITE_FILE | TRUNCATE;
	if (use >= LANDLOCK_CHANGE)
		rule.allowed |= MAKE_AND_REMOVE;
	rule.allowed &= land->files;
	folder = open(path, O_PATH | O_CLOEXEC);
	if (folder == -1)
		return;
	rule.folder = folder;
	/* The kernel refuses rights of folders for a file. */
	if (fstat(folder, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed &= EXECUTE | READ_FILE | WRITE_FILE | TRUNCATE;
	(void)syscall(ADD_RULE, land->fd, PATH_BENEATH, &rule, 0);
	(void)close(folder);
}

void landlock_allow_port(struct landlock *land, uint16_t port)
{
	struct port_rule rule = { .allowed = CONNECT_TCP, .port = port };

	if (land != NULL && land->version >= 4)
		(void)syscall(ADD_RULE, land->fd, NET_PORT, &rule, 0);
}

int landlock_close(struct landlock *land)
{
	int version = 0;

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	if (land == NULL)
		return 0;
	if (syscall(RESTRICT_SELF, land->fd, 0) == 0)
		version = land->version;
	(void)close(land->fd);
	free(land);
	return version;
}

void landlock_refuse_sockets(void)
{
	const struct ruleset only = { .files = RESOLVE_UNIX };
	long fd;

	if (kernel_version() < 9)
		return;
	fd = syscall(CREATE_RULESET, &only, ruleset_size(1), 0);
	if (fd == -1)
		return;
	(void)syscall(RESTRICT_SELF, (int)fd, 0);
	(void)close((int)fd);
}

#else

#include <stddef.h>

struct landlock *landlock_new(void)
{
	return NULL;
}

void landlock_allow(struct landlock *land, const char *path, enum landlock_use use)
{
	(void)land;
	(void)path;
	(void)use;
}

void landlock_allow_port(struct landlock *land, uint16_t port)
{
	(void)land;
	(void)port;
}

int landlock_close(struct landlock *land)
{
	(void)land;
	return 0;
}

void landlock_refuse_sockets(void)
{
}

#endif
