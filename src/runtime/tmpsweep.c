/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/atomic.h"
#include "runtime/tmpsweep.h"

/* Its writer holds a lock on a temporary file; flock is released when the writer dies. */
static bool is_abandoned(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       flock(fd, LOCK_EX | LOCK_NB) == 0;
}

void tmpfile_sweep(const char *folder)
{
	tmpfile_sweep_except(folder, NULL, NULL);
}

void tmpfile_sweep_except(const char *folder, tmpfile_spare_fn *spare, void *cookie)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		const char *name = entry->d_name;
		int fd = tmpfile_is_name(name) ?
		                 openat(dirfd(dir), name,
		                        O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
		                                O_CLOEXEC) :
		                 -1;

		/* Keep the lock until the name is removed: the writer of a new file
		 * checks after locking it that the name is still there. */
		if (fd != -1 && is_abandoned(fd) &&
		    (spare == NULL || !spare(folder, name, cookie)))
			(void)unlinkat(dirfd(dir), name, 0);
		if (fd != -1)
			(void)close(fd);
	}
	(void)closedir(dir);
}
