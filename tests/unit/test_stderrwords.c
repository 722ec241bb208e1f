/* SPDX-License-Identifier: MIT */
#include "connect/stderrwords.h"
#include "tap.h"

int main(void)
{
	static const char *const acted_upon[] = {
		"enter PASSWORD:",
		"Permission denied (publickey)",
		"a: connection refused",
		"x Connection closed by y",
		"sh: cxssh: command not found",
		"100%",
		"prompt>",
		"a $",
		"Traceback (most recent call last):",
		"/x: No such file or directory",
	};
	static const char *const harmless[] = {
		"",
		"myapp-lion (203.0.113.21) does not answer on port 22",
		"run: cxssh login --token",
		"the lease was refused",
		"50% done",
	};

	for (size_t i = 0; i < sizeof(acted_upon) / sizeof(acted_upon[0]); i++)
		ok(!stderr_is_safe(acted_upon[i]), "stderr_is_safe() keeps back \"%s\"",
		   acted_upon[i]);
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		ok(stderr_is_safe(harmless[i]), "stderr_is_safe() lets through \"%s\"",
		   harmless[i]);
	return done_testing();
}
