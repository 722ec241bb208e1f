#include <stdlib.h>
#include <string.h>

#include "base/dirs.h"
#include "base/error.h"
#include "base/leftovers.h"
#include "base/lock.h"
#include "command/tidy.h"
#include "sshconfig/edit.h"

/* Takes folder. */
static void sweep(char *folder)
{
	leftovers_sweep(folder);
	free(folder);
}

/* Where ~/.ssh/config leads, when it is a link into another folder. */
static void sweep_beside(char *path)
{
	struct error ignored = ERROR_INIT;
	char *real = edit_resolve(path, &ignored);
	char *slash = real != NULL ? strrchr(real, '/') : NULL;

	if (slash != NULL && strcmp(real, path) != 0) {
		*slash = '\0';
		leftovers_sweep(real);
	}
	free(real);
	free(path);
}

void tidy_sweep(void)
{
	static const char *const caches[] = { ".", "routes", "down", "busy", "failed" };

	for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++)
		sweep(dirs_cache("%s", caches[i]));
	sweep(dirs_config("."));
	sweep(dirs_in_home(".cloud66"));
	sweep(dirs_ssh("."));
	sweep(dirs_ssh("cxssh"));
	sweep_beside(dirs_ssh("config"));
	sweep_beside(dirs_config("config"));
}

/* Takes folder. */
static void sweep_locks(char *folder, const char *ending)
{
	lock_sweep(folder, ending);
	free(folder);
}

void tidy_sweep_locks(void)
{
	sweep_locks(dirs_ssh("cxssh"), ".lock");
	sweep_locks(dirs_config("."), "config.lock");
	sweep_locks(dirs_in_home(".cloud66"), ".cxssh-lock");
}
