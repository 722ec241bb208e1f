#!/bin/sh
# SPDX-License-Identifier: MIT
# Lines of the user's that lead past cxssh, and a configuration that ssh refuses: doctor
# and why name the file, the line and what helps.
# shellcheck disable=SC1091,SC2034,SC2154,SC2088 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts lion --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
ssh myapp-lion true </dev/null
theirs=$HOME/.ssh/config
cp "$theirs" config.was
above() { printf '%b' "$1" | cat - config.was >mine; cat mine >"$theirs"; } # LINES  above the Include line
finds() { # STATUS PATTERN  of doctor
	cxssh doctor >said 2>&1; status=$?
	[ "$status" = "$1" ] && grep -q -- "$2" said && return
	cat said >&2; return 1
}
advises() { grep -q -- "-> $1" said || { cat said >&2; return 1; }; }
why_says() { # PATTERN
	COLUMNS=1000 cxssh why lion >explained 2>&1
	grep -q -- "$1" explained || { cat explained >&2; return 1; }
}

above 'Host *\n  ProxyJump jump.example.com\n'
it 'doctor names the ProxyJump that leads past cxssh' \
	finds 1 '^fail *settings *~/.ssh/config:2: ProxyJump jump.example.com applies to myapp-[a-z]* instead'
it 'why names it, too' why_says '^ssh does not ask cxssh for myapp-lion now: .* ~/.ssh/config:2: ProxyJump jump.example.com applies'
above 'Host *\n  PubkeyAuthentication no\n'
it 'doctor warns of a line that takes the keys away' finds 0 '^warn *settings *~/.ssh/config:2: PubkeyAuthentication [a-z]* applies to myapp-'
above 'Host *\n  HostName 192.0.2.1\n'
it 'a HostName, which the connection does not use, is a warning' finds 0 '^warn *settings *~/.ssh/config:2: HostName 192.0.2.1 applies to myapp-'
it 'ssh reaches the server with it' is lion within 20 ssh -o BatchMode=yes myapp-lion hostname
it 'why does not say that ssh does not ask cxssh then' sh -c 'cxssh why lion >explained; ! grep "does not ask" explained >&2'
above 'Host *\n  Port 2222\n'
it 'why names the line that changes the port' why_says '^ssh asks cxssh for another port of myapp-lion now: .* ~/.ssh/config:2: Port 2222 applies'

of_lion() { # PATTERN  of doctor lion
	cxssh doctor lion >said 2>&1
	grep -q -- "$1" said || { cat said >&2; return 1; }
}
above 'Host *\n  HostKeyAlgorithms ecdsa-sha2-nistp384,rsa-sha2-512\n'
it 'doctor names the line whose list lacks the type of the known host key' \
	of_lion '^warn *settings *~/.ssh/config:2: HostKeyAlgorithms lacks ssh-ed25519, which the host key of myapp-lion needs$'
it 'doctor says what to add' advises 'add ssh-ed25519 there, or let its block exclude myapp-lion$'
above 'PubkeyAcceptedAlgorithms ecdsa-sha2-nistp256\n'
it 'doctor names the line whose list lacks the type of the key' \
	of_lion '^warn *settings *~/.ssh/config:1: PubkeyAcceptedAlgorithms lacks [a-z0-9-]*, which the key of myapp-lion needs$'
above 'HostKeyAlgorithms +ssh-rsa\nPubkeyAcceptedAlgorithms -ecdsa*\n'
it 'the lists are in order with the types of both keys' of_lion '^pass *settings '
of_newt() { cxssh doctor newt >said 2>&1; grep -q '^pass *settings ' said || { cat said >&2; return 1; }; }
ssh-keygen -q -t rsa -N '' -f "$HOME/.ssh/id_rsa"
above 'PubkeyAcceptedAlgorithms ssh-ed25519\n'
it 'the list is no matter where ssh chooses among keys of the user' of_newt
rm "$HOME/.ssh/id_rsa"

above 'Hostt foo\n'
it 'doctor says which line ssh refuses' finds 1 '^fail *settings *ssh says: ~/.ssh/config: line 1: Bad configuration option: hostt'
it 'doctor says what to do about it' advises 'mend that line'
it 'why says which line ssh refuses, and what to do' \
	why_says '^ssh does not ask cxssh for myapp-lion now: ssh says: ~/.ssh/config: line 1: Bad configuration option: hostt; mend that line$'
above ''
chmod 666 "$theirs"
it 'sync names a file that others can write once' \
	fails_with 78 '^cxssh: ~/.ssh/config: others can write it; run: chmod o-w ~/.ssh/config$' cxssh sync --yes
it 'doctor says that ssh refuses a file that others can write' finds 1 '^fail *settings *ssh says: Bad owner or permissions on ~/.ssh/config$'
it 'doctor names the command that closes the file' advises 'run: chmod go-w ~/.ssh/config'
it 'why says that ssh refuses it, and what to do' \
	why_says '^ssh does not ask cxssh for myapp-lion now: ssh says: Bad owner or permissions on ~/.ssh/config; run: chmod go-w ~/.ssh/config$'
chmod 600 "$theirs"
mv "$HOME/.ssh/cxssh/config" generated
it 'why says that the generated file is missing' why_says '^ssh does not ask cxssh for myapp-lion now: ~/.ssh/cxssh/config is missing; run: cxssh sync$'
mv generated "$HOME/.ssh/cxssh/config"
proxy=$(sed -n 's/^ *ProxyCommand \([^ ]*\) .*/\1/p' "$HOME/.ssh/cxssh/config" | head -n 1)
chmod 644 "$proxy"
it 'why says that cxssh-proxy may not be run' why_says '^ssh cannot start cxssh-proxy now: .*/cxssh-proxy may not be run; run: cxssh doctor$'
it 'doctor says that it may not be run, and what helps' finds 1 '^fail *proxy .*which ssh is to start: Permission denied'
it 'the remedy is not sync alone' advises 'let it be run, or install cxssh again; then run: cxssh sync'
chmod 755 "$proxy"
it 'doctor finds nothing in the end' finds 0 ' 0 warn, 0 fail'
done_testing
