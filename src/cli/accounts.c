/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/accounts.h"
#include "cloud66/api.h"

void accounts_line(const char *what, const char *value, const char *source)
{
	char shown[200];

	(void)printf("%-13s %s%s%s%s\n", what,
	             printable_text(value, shown, sizeof(shown)),
	             source[0] != '\0' ? "  (" : "", source,
	             source[0] != '\0' ? ")" : "");
}

/* An account that the token sees. */
static int on_account(const struct json *item, void *cookie, struct error *err)
{
	const char *used = cookie;
	const char *name = json_text(item, "friendly_name");
	char text[32];
	int64_t id;

	(void)err;
	if (!json_number(item, "id", &id) || name == NULL)
		return 0;
	(void)snprintf(text, sizeof(text), "%" PRId64, id);
	accounts_line("account", name,
	              used == NULL            ? "" :
	              strcmp(used, text) == 0 ? "in use" :
	                                        "not in use");
	return 0;
}

int accounts_print(struct api *api, struct deadline until, struct error *err)
{
	int rc;

	if (api_scopes(api) != NULL)
		accounts_line("scopes", api_scopes(api), "as granted in the browser");
	else
		accounts_line("scopes", "not known: the API does not tell", "");
	rc = api_list(api, "/accounts", on_account, (void *)api_account(api), until, err);
	if (rc == -1 && err->code == ERROR_DENIED) {
		accounts_line("account", "not known: the token may not read accounts",
		              "");
		*err = (struct error)ERROR_INIT;
		rc = 0;
	}
	return rc;
}
