# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
# clients.sh - sourced by each test here: a real program that uses ssh, in the sandbox.
#
#   needs PROGRAM...        the test is skipped where one is not installed
#   needs_python MODULE     the same for a module of Python's
#   break_lease, mend_lease no lease can be had any more, and again
#   shows_reason COMMAND... fails, and shows the reason in its output
#
# All of them: make check-clients, once ./install.sh --deps --for-clients has run.
#
# With first_client=1 nothing is connected to before, and there is a bastion, too.
SANDBOX_OPTIONS='--hosts "lion" --lease-delay 100'
[ -z "${first_client-}" ] || SANDBOX_OPTIONS='--hosts "lion bastion otter" --lease-delay 100'
. "$(dirname "$0")/../lib.sh"

needs() {
	for program; do
		command -v "$program" >/dev/null ||
			skip_all "$program is not installed; run: ./install.sh --deps --for-clients"
	done
}
needs_python() {
	/usr/bin/python3 -c "import $1" 2>/dev/null ||
		skip_all "python3 has no $1; run: ./install.sh --deps --for-clients"
}
reason='cxssh: myapp-lion .*: no lease: .*refused'
break_lease() {
	sed -i 's/^lease-until=.*/lease-until=1/' "$HOME"/.cache/cxssh/routes/*
	firewall_reset lion
	fault 'POST * refuse-lease'
}
mend_lease() { no_faults; }
shows_reason() {
	if within 20 "$@" >shown 2>&1 </dev/null; then
		echo 'it succeeded' >&2; return 1
	fi
	grep -q "$reason" shown || { cat shown >&2; return 1; }
}
cxssh sync --yes >/dev/null
if [ -n "${first_client-}" ]; then
	cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key" >/dev/null
else
	ssh myapp-lion true </dev/null
fi
