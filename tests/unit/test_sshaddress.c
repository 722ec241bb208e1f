/* SPDX-License-Identifier: MIT */
/* "user@address", taken apart. */

#include "base/sshaddress.h"
#include "tap.h"

int main(void)
{
	static const char *const refused[] = {
		"",         "203.0.113.5", "@203.0.113.5", "root@", "-o@ab",
		"root@-ab", "ro ot@ab",    "root@a b",     "a@b@c", "root@a;reboot",
	};
	struct gateway gateway;

	ok(gateway_split("hop@198.51.100.7", &gateway), "\"user@address\" is split");
	is_str(gateway.user, "hop", "the user of \"user@address\" is before the '@'");
	is_str(gateway.address, "198.51.100.7",
	       "the address of \"user@address\" is split off behind the '@'");
	ok(gateway_split("hop@2001:db8::1", &gateway), "an IPv6 address is an address");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		ok(!gateway_split(refused[i], &gateway), "\"%s\" is refused", refused[i]);
	is_str(gateway_address("hop@ab.example"), "ab.example",
	       "the address of \"user@address\" is behind the '@'");
	is_str(gateway_address("ab.example"), "ab.example",
	       "text without an '@' is an address");
	return done_testing();
}
