/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/errorline.h"
#include "runtime/paths.h"

static void print(const char *begin, struct error *err)
{
	paths_shorten_text(err->text);
	(void)fprintf(stderr, "cxssh: %s%s\n", begin, err->text);
}

void errorline_advise(struct error *err, const char *alias)
{
	if (err->code != ERROR_UNAVAILABLE || strstr(err->text, "again") != NULL)
		return;
	if (alias != NULL)
		error_hint(err, "cxssh doctor %s", alias);
	else
		error_hint(err, "cxssh doctor");
}

void errorline_print(struct error *err)
{
	print("", err);
}

void errorline_warn(struct error *err)
{
	print("warning: ", err);
}
