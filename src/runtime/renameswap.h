/* SPDX-License-Identifier: MIT */
/*
 * renameswap.h - two names change places in one step: what was under each is under the
 * other, and at no moment is either missing.
 */
#ifndef RUNTIME_RENAMESWAP_H
#define RUNTIME_RENAMESWAP_H

#include <stdbool.h>

/* 0, or -1 with errno.  renameat2(2) of Linux 3.15, renamex_np(2) of macOS 10.12. */
int rename_exchange(const char *a, const char *b);

/* Does this errno of rename_exchange() say that the system or the file system has no
 * such step? */
bool rename_exchange_is_missing(int number);

#endif
