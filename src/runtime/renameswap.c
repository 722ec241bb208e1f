/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#ifdef __linux__
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "runtime/renameswap.h"

/* musl has no renameat2(). */
int rename_exchange(const char *a, const char *b)
{
#if defined(__linux__) && defined(SYS_renameat2)
	enum { EXCHANGE = 2 }; /* RENAME_EXCHANGE */

	return (int)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, EXCHANGE);
#elif defined(__APPLE__)
	return renamex_np(a, b, RENAME_SWAP);
#else
	(void)a;
	(void)b;
	errno = ENOSYS;
	return -1;
#endif
}

bool rename_exchange_is_missing(int number)
{
	/* The last two are one on Linux, and two elsewhere. */
	/* NOLINTNEXTLINE(misc-redundant-expression) */
	return number == ENOSYS || number == EINVAL || number == ENOTSUP ||
	       number == EOPNOTSUPP;
}
