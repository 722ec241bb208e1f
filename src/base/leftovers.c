#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/leftovers.h"

/* A draft is locked by whoever is at work on it, and the kernel forgets no death. */
static bool is_abandoned(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       flock(fd, LOCK_EX | LOCK_NB) == 0;
}

/* The lock is held until the name is gone: who makes a draft looks after that
 * whether it still has one. */
static void sweep_file(int folder, const char *name)
{
	int fd = openat(folder, name,
	                O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd == -1)
		return;
	if (is_abandoned(fd))
		(void)unlinkat(folder, name, 0);
	(void)close(fd);
}

void leftovers_sweep(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (atomic_is_draft(entry->d_name))
			sweep_file(dirfd(dir), entry->d_name);
	}
	(void)closedir(dir);
}
