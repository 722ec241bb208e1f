/* SPDX-License-Identifier: MIT */
/* What a bug report hides. */

#include <stdlib.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "doctor/bugreport.h"
#include "doctor/findings.h"
#include "fleet/model.h"
#include "runtime/paths.h"
#include "tap.h"

static char text0[] = "9ae1611c97a9";
static char text1[] = "lion";
static char text2[] = "myapp-lion";
static char text3[] = "203.0.113.21";
static char text4[] = "deploy";
static char text5[] = "609b30031d56";
static char text6[] = "myapp";
static char text7[] = "production";
static struct server lion = {
	.uid = text0, .name = text1, .alias = text2, .address = text3, .user = text4
};
static struct stack myapp = { .uid = text5,
	                      .name = text6,
	                      .environment = text7,
	                      .servers = &lion,
	                      .server_count = 1 };

static const struct {
	const char *text, *redacted;
} cases[] = {
	{ "myapp-lion does not answer", "NAME-1 does not answer" },
	{ "myapp-lion, lion, myapp-lion.", "NAME-1, NAME-2, NAME-1." },
	{ "from 203.0.113.21 to 198.51.100.7:", "from NAME-1 to IP-2:" },
	{ "cx_9ae1611c97a9_pkey", "cx_ID-1_pkey" },
	{ "cxssh-0123456789abcdef0123", "cxssh-ID-1" },
	{ "jump@198.51.100.7", "jump@IP-1" },
	{ "mail jo.doe@example.com now", "mail MAIL-1 now" },
	{ "pass settings 14 ms", "pass settings 14 ms" },
	{ "from 2001:db8::21: no route, ::1", "from IP-1: no route, IP-2" },
	{ "2026-11-29T00:56:33.961Z cxssh[3] +86ms 3:",
	  "2026-11-29T00:56:33.961Z cxssh[3] +86ms 3:" },
	{ "proxy = http://jo:geheim@198.51.100.7:3128",
	  "proxy = http://(not shown)@IP-1:3128" },
	{ "https://app.cloud66.com/x@y", "https://app.cloud66.com/x@y" },
	{ "token S3cr3tT0kenAbcdefghijklmnop", "token SECRET-1" },
	{ "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.dozjgNry", "SECRET-1" },
	{ "", "" },
};

int main(void)
{
	struct fleet fleet = FLEET_INIT;
	struct strbuf out = STRBUF_INIT;
	char *path = xasprintf("%s/.ssh/config", paths_home());

	fleet.stacks = &myapp;
	fleet.stack_count = 1;
	(void)setenv("USER", "jo", 1);
	(void)unsetenv("LOGNAME");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bugreport_redact(&fleet, cases[i].text, &out);
		is_str(out.data, cases[i].redacted, "\"%s\" is redacted", cases[i].text);
		strbuf_clear(&out);
	}
	bugreport_redact(&fleet, path, &out);
	ok(strncmp(out.data, "~/", 2) == 0 || paths_home()[1] == '\0',
	   "the home folder is shortened");
	strbuf_release(&out);
	free(path);
	return done_testing();
}
