/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/error.h"
#include "cli/errorline.h"
#include "runtime/paths.h"

static void print(const char *begin, struct error *err)
{
	paths_shorten_text(err->text);
	(void)fprintf(stderr, "cxssh: %s%s\n", begin, err->text);
}

void errorline_print(struct error *err)
{
	print("", err);
}

void errorline_warn(struct error *err)
{
	print("warning: ", err);
}
