#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh doctor finds planted faults, names one remedy each, and raises no false alarm.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2088 # shown like that
SANDBOX_OPTIONS='--hosts "lion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

theirs=$HOME/.ssh/config
generated=$HOME/.ssh/cxssh/config
mkdir -p "$HOME/.config/cxssh" && echo 'stacks = myapp' >"$HOME/.config/cxssh/config"
# doctor [HOST] ends with STATUS and prints PATTERN.
finds() { # STATUS PATTERN ARGUMENT...
	wanted=$1 pattern=$2; shift 2
	cxssh doctor "$@" >said 2>complaint
	status=$?
	[ "$status" = "$wanted" ] && grep -qE "$pattern" said && return
	{ echo "exit status $status"; cat said complaint; } >&2
	return 1
}
all_well() { # ARGUMENT...
	cxssh doctor "$@" >said 2>complaint && [ ! -s complaint ] && ! grep -vE '^pass|^[0-9]* pass' said >&2
}
ids() { sed -n 's/^[a-z]*  *\([a-z-]*\) .*/\1/p' said | tr '\n' ' '; }

it 'doctor before the first sync says that the generated file is missing' \
	finds 1 '^fail +generated +~/.ssh/cxssh/config is missing'
it 'doctor before the first sync names the remedy' grep -q -- '-> run: cxssh sync' said
it 'doctor goes on after a failure' grep -q '^pass *api ' said
it 'doctor says why a check was skipped' grep -q '^skipped *settings *skipped because no host is known yet' said
cxssh sync --yes >/dev/null
cp "$theirs" good
it 'doctor finds nothing when all is well' all_well
it 'doctor checks in the order of a connection' \
	is 'home space config ssh generated proxy settings shell agent keys locks sockets login api clock address ' ids
it 'doctor ends when all is well' within 20 cxssh doctor
it 'doctor with a host logs in' all_well myapp-lion
it 'doctor with a host walks the connection' sh -c "grep -q '^pass *session *ssh logs in to myapp-lion' said && grep -q '^pass *lease ' said"
it 'doctor with a host sees permissions on the server' grep -q '^pass *permissions ' said
it 'doctor with a role logs in' finds 0 '^pass +session +ssh logs in to myapp-web' myapp-web
it 'doctor with an unknown host names the nearest' finds 1 '^fail +host .*myapp-lion' myapp-lino
it 'doctor skips what depends on an unknown host' grep -q '^skipped *session *skipped because the host is not known' said

# Faults of the user's own set-up.
: >"$theirs"
it 'doctor sees a missing Include' finds 1 '^fail +settings +~/.ssh/config does not include'
it 'doctor --fix adds the Include and says so' finds 0 '^fixed: ~/.ssh/config: "Include cxssh/config" is its first line' --fix
it 'doctor finds nothing after --fix' all_well
printf 'Host *\n  User me\n' | cat - good >"$theirs"; sed -i 's/^Include/Host *\nInclude/' "$theirs"
it 'doctor warns of a line that overrides a setting, and ends with 0' finds 0 '^warn +settings +~/.ssh/config:2: User me applies'
printf 'Host myapp-web\n  ProxyCommand nc %%h %%p\n' | cat - good >"$theirs"
it 'doctor with the short name of a role looks at the settings of this role' \
	finds 1 '^fail +settings +~/.ssh/config:2: ProxyCommand nc %h %p applies to myapp-web' web
cp good "$theirs"
echo 'lease-minuts = 30' >>"$HOME/.config/cxssh/config"
it 'doctor says which line of the configuration is wrong' \
	finds 1 '^fail +config +~/.config/cxssh/config: line 2: unknown key "lease-minuts"; nearest is "lease-minutes"$'
it 'doctor says so once' [ ! -s complaint ]
it 'doctor says what helps with the configuration' grep -qx 'first, for "config": run: man cxssh.conf' said
it 'other commands say what helps with the configuration' \
	fails_with 78 '^cxssh: ~/.config/cxssh/config: line 2: unknown key "lease-minuts"; nearest is "lease-minutes"; run: man cxssh.conf$' cxssh list
sed -i '$d' "$HOME/.config/cxssh/config"
from_variable() { CXSSH_LEASE_MINUTES=soon finds 1 '^fail +config +CXSSH_LEASE_MINUTES: lease-minutes: .soon. is not a number$' && [ ! -s complaint ]; }
it 'doctor names a variable that is wrong, once' from_variable
chmod 777 "$HOME/.ssh"
it 'doctor sees a ~/.ssh that others can write' finds 1 '^fail +home .*\.ssh'
it 'doctor --fix takes the right to write away and says so' finds 0 '^fixed: mode of ~/.ssh/?\.?: 0777 -> 0755' --fix
chmod 700 "$HOME/.ssh"
key=$(echo "$HOME"/.ssh/cx_*)
chmod 644 "$key"
it 'doctor sees a key that others can read' finds 1 '^fail +keys .*can be read or changed by others'
it 'doctor --fix takes the right to read away' finds 0 '^fixed: mode of ~/.ssh/cx_.*: 0644 -> 0600' --fix
cp "$key" kept; echo junk >"$key"
it 'doctor sees a key file that is no key' finds 0 '^warn +keys .*is no whole private key'
cp kept "$key"
echo 'no-such-key = 1' >>"$HOME/.config/cxssh/config"
it 'doctor sees a mistake in the configuration of cxssh' finds 1 '^fail +config .*no-such-key'
echo 'stacks = myapp' >"$HOME/.config/cxssh/config"
proxy=$(sed -n 's/^ *ProxyCommand \([^ ]*\) .*/\1/p' "$generated" | head -n 1)
sed -i "s|$proxy|/opt/gone/cxssh-proxy|" "$generated"
it 'doctor sees that cxssh-proxy was moved' finds 1 '^fail +proxy +/opt/gone/cxssh-proxy.*No such file'
cxssh sync >/dev/null
printf '#!/bin/sh\necho hello\nexec /bin/sh "$@"\n' >loud; chmod +x loud
loud() { SHELL=$work/loud finds 1 '^fail +shell .*prints "hello"'; }
it 'doctor sees a shell that prints text' loud
agent() { SSH_AUTH_SOCK=$work/gone.sock finds 0 '^warn +agent '; }
it 'doctor sees an agent that is gone' agent
elsewhere() { HOME=/tmp finds 1 '^fail +settings +HOME is /tmp, so ssh does not find "Include'; }
it 'doctor sees a HOME by which ssh does not find the Include' elsewhere
it 'doctor warns of a HOME that is not the home folder of passwd' \
	grep -q '^warn *home-env *HOME is /tmp, but ssh and cxssh use ' said
(flock 9; exec sleep 30) 9>"$HOME/.cache/cxssh/lock/inventory" & holder=$!
wait_for sh -c "! flock -n '$HOME/.cache/cxssh/lock/inventory' true"
it 'doctor sees a lock that another process holds' finds 0 "^warn +locks .*lock/inventory"
kill "$holder"; wait "$holder" 2>/dev/null

# Faults of the API and the server.
fault 'GET /ping*' status 503
it 'doctor sees an API that is down' finds 1 '^fail +api .*status 503'
no_faults
fault 'GET /ping*' status 401
it 'doctor sees a token that is not accepted' finds 1 '^fail +login +the API does not accept'
it 'doctor names the command that logs in' grep -q -- '-> run: cxssh login --token' said
no_faults
api_down
it 'doctor says that nothing answers at the API' finds 1 '^fail +api '
it 'doctor ends without an API' within 20 sh -c 'cxssh doctor >/dev/null; :'
api_up
stop_sshd lion
it 'doctor says why a host is not reached' finds 1 '^fail +(prepare|session) ' myapp-lion
it 'doctor skips what depends on the login' grep -q '^skipped *permissions ' said
restart_sshd lion
chmod 777 "$SANDBOX/hosts/lion/home/.ssh"
it 'doctor sees that the server refuses the key' finds 1 '^fail +session +ssh says: .*Permission denied' myapp-lion
it 'doctor names what to look at when the key is refused' grep -q -- '-> run: cxssh key refresh myapp-lion; else look at the modes of' said
chmod 700 "$SANDBOX/hosts/lion/home/.ssh"

# Other forms.
it 'doctor --json prints a document with a verdict for each check' \
	prints '"id": *"settings"' cxssh doctor --json
it 'doctor --json says that nothing failed' prints '"failed": *false' cxssh doctor --json
it 'doctor --report writes a file' cxssh doctor --report report myapp-lion
it 'the report is for its owner alone' is 600 stat -c %a report
it 'the report has the checks and the log' sh -c "grep -q '^pass *settings' report && grep -q '^== log' report"
hides() { for word in myapp lion 203.0.113 "$HOME" 9ae1611c97a92c90fac60c884e1d8240; do
	! grep -F -- "$word" report >&2 || return 1
done; }
it 'the report hides names, addresses, uids and the home folder' hides

done_testing
