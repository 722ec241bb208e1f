/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "bastion/sshdump.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"
#include "sshconfig/validate.h"

/* Does ssh show value for keyword, where one is wanted? */
static int check_value(const char *output, const char *keyword, const char *wanted,
                       struct error *err)
{
	char *value;
	bool same;

	if (wanted == NULL)
		return 0;
	value = sshdump_value(output, keyword);
	same = value != NULL && strcmp(value, wanted) == 0;
	free(value);
	if (!same)
		return error_set(err, ERROR_CONFIG,
		                 "ssh does not take its %s as it was meant", keyword);
	return 0;
}

static int check_ours(const char *file, const struct validate_expected *expected,
                      struct deadline until, struct error *err)
{
	struct strbuf output = STRBUF_INIT;
	int rc = sshdump_config(file, expected->alias, until, &output, err);

	if (rc == 0 &&
	    (check_value(output.data, "hostname", expected->alias, err) == -1 ||
	     check_value(output.data, "hostkeyalias", expected->host_key_alias, err) ==
	             -1 ||
	     check_value(output.data, "proxycommand", expected->proxy_command, err) ==
	             -1))
		rc = error_prefix(err, "%s", expected->alias);
	strbuf_release(&output);
	return rc;
}

int validate_others(const char *file, const char *wanted, struct deadline until,
                    struct error *err)
{
	struct strbuf output = STRBUF_INIT;
	int rc = sshdump_config(file, SSHDUMP_FOREIGN, until, &output, err);

	if (rc == 0 && strcmp(output.data, wanted) != 0)
		rc = error_set(err, ERROR_CONFIG,
		               "it would change the settings of other hosts");
	strbuf_release(&output);
	return rc;
}

static int check_others(const char *file, struct deadline until, struct error *err)
{
	struct strbuf without = STRBUF_INIT;
	int rc = sshdump_config("/dev/null", SSHDUMP_FOREIGN, until, &without, err);

	if (rc == 0)
		rc = validate_others(file, without.data, until, err);
	strbuf_release(&without);
	return rc;
}

int validate_replace(const char *path, const struct strbuf *text,
                     const struct validate_expected *expected, struct deadline until,
                     bool *changed, struct error *err)
{
	struct tmpfile draft = TMPFILE_INIT;
	int rc = -1;

	*changed = !atomic_is(path, text->data, text->len, 0600);
	if (!*changed)
		return 0;
	if (paths_make_for(path, err) == 0 &&
	    tmpfile_open(&draft, path, text->data, text->len, err) == 0) {
		rc = check_others(draft.name, until, err);
		if (rc == 0 && expected != NULL)
			rc = check_ours(draft.name, expected, until, err);
		if (rc == -1) {
			error_prefix(err, "%s was left as it was", path);
			tmpfile_release(&draft);
		} else {
			rc = tmpfile_publish(&draft, path, err);
		}
	}
	*changed = rc == 0;
	return rc;
}
