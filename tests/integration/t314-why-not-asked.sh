#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh why explains connections for which ssh never started cxssh-proxy, breaks its lines
# between words on a terminal, and lists what ssh may have said after a hand-over.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion newt" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
generated=$HOME/.ssh/cxssh/config
cp "$HOME/.ssh/config" config.was; cp "$generated" generated.was
proxy=$(sed -n 's/^ *ProxyCommand \([^ ]*\) .*/\1/p' "$generated" | head -n 1)

it 'a host that was never connected to is said so' fails_with 66 'no connection to myapp-lion in the log' cxssh why lion
sed -i "s|$proxy|/opt/gone/cxssh-proxy|" "$generated"
it 'a cxssh-proxy that was moved is named before the first connection' \
	fails_with 66 'ssh cannot start cxssh-proxy: there is no /opt/gone/cxssh-proxy; run: cxssh sync' cxssh why lion
cat generated.was >"$generated"
: >"$HOME/.ssh/config"
it 'a missing Include is named before the first connection' fails_with 66 \
	'ssh did not ask cxssh for myapp-lion: ~/.ssh/config does not include cxssh/config, so ssh does not know myapp-lion; run: cxssh sync --yes' cxssh why lion
cat config.was >"$HOME/.ssh/config"

ssh myapp-lion true </dev/null
ssh solo-newt true </dev/null
sed -i "s|$proxy|/opt/gone/cxssh-proxy|" "$generated"
it 'a cxssh-proxy that was moved since is named' \
	prints '^ssh cannot start cxssh-proxy now: there is no /opt/gone/cxssh-proxy; run: cxssh sync$' cxssh why lion
cat generated.was >"$generated"
: >"$HOME/.ssh/config"
it 'a missing Include is named behind the verdict' \
	prints '^ssh does not ask cxssh for myapp-lion now: ~/.ssh/config does not include' cxssh why lion
cat config.was >"$HOME/.ssh/config"
failing_shell() { SHELL=/bin/false cxssh why lion; }
it 'a shell that starts no ProxyCommand is named' \
	prints '^ssh cannot start cxssh-proxy now: /bin/false -c : exits with 1, so no ProxyCommand can start; set SHELL to a shell that works, such as /bin/sh$' failing_shell
echo 'Foo bar' >>"$generated"
it 'a generated file that ssh refuses is named, with its cure' prints \
	'^ssh does not ask cxssh for myapp-lion now: ~/.ssh/cxssh/config: ssh says: line [0-9]*: Bad configuration option: foo; run: cxssh sync$' cxssh why lion
cat generated.was >"$generated"
it 'after a hand-over key refresh is listed' prints 'run: cxssh key refresh myapp-lion$' cxssh why lion
it 'after a hand-over hostkey forget is listed' prints 'run: cxssh hostkey forget myapp-lion ' cxssh why lion
it 'after a hand-over the right of the account is listed' prints '"Shell to Servers"' cxssh why lion
it 'after a hand-over key upload is listed where the API has no key' prints 'run: cxssh key upload ' cxssh why newt
it 'after a hand-over doctor is listed, which logs in' prints 'run: cxssh doctor myapp-lion' cxssh why lion
narrow() { COLUMNS=72 cxssh why lion >shown && ! grep -v / shown | grep '.\{73\}' >&2 && grep -q 'handed to ssh' shown; }
it 'the words of why are as wide as the terminal' narrow
done_testing
