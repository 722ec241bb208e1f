#!/bin/sh
# SPDX-License-Identifier: MIT
# What newer compilers and C libraries than this system's would warn of: clang's warnings,
# strchr() and its like as glibc 2.43 has them, libcurl's enumerations that are no long.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317 # functions are called through it()
no_sandbox=1
test_timeout=600
. "$(dirname "$0")/../lib.sh"

cd "$tests/.." || exit 1
cat >"$work/const.h" <<'C'
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#undef strchr
#undef strrchr
#undef strstr
#undef strpbrk
#undef memchr
#undef curl_easy_setopt
#define KEEP(call, type) \
	_Generic((type), const char *: (const char *)(call), \
	         const unsigned char *: (const void *)(call), \
	         const void *: (const void *)(call), default: (call))
#define strchr(s, c) KEEP((strchr)((s), (c)), (s))
#define strrchr(s, c) KEEP((strrchr)((s), (c)), (s))
#define strstr(s, t) KEEP((strstr)((s), (t)), (s))
#define strpbrk(s, t) KEEP((strpbrk)((s), (t)), (s))
#define memchr(s, c, n) KEEP((memchr)((s), (c), (n)), (s))
/* A long option wants a long, from libcurl 8.14 on to the letter. */
#define curl_easy_setopt(handle, option, value) \
	((void)sizeof(char[(option) >= CURLOPTTYPE_OBJECTPOINT || \
	                   _Generic((value), int: 0, unsigned int: 0, default: 1) ? 1 : -1]), \
	 (curl_easy_setopt)((handle), (option), (value)))
C
packages='libcurl json-c libssh2 libcrypto libmicrohttpd'
# shellcheck disable=SC2086 # a list
flags="-std=c11 -D_GNU_SOURCE -DHAVE_SECCOMP -Isrc -pthread $(pkg-config --cflags $packages)
	$(make -pn 2>/dev/null | sed -n 's/^WARNINGS := //p') -Werror -O1"
checks() { # COMPILER FLAG...
	find src tests/unit tests/integration tests/sandbox -name '*.c' -print0 |
		xargs -0 -P 2 -n 8 "$@" $flags '-DCXSSH_VERSION="x"' '-DBINDIR="x"' '-DDATADIR="x"' -DLIBSSH2_PATCHED=0 -fsyntax-only
}
it 'the compiler warns of nothing with the strchr() of glibc 2.43 and the options of libcurl 8.14' \
	checks "${CC:-cc}" -include "$work/const.h" -Wdiscarded-qualifiers
command -v clang >/dev/null || { done_testing; exit; }
it 'clang warns of nothing' checks clang
done_testing
