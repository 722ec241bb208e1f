# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
# clients.sh - sourced by each test here: a real program that uses ssh, in the sandbox.
#
#   needs PROGRAM...        the test is skipped where one is not installed
#   needs_python MODULE     the same for a module of Python's; needs_ruby, needs_npm
#   node_connection         writes connection.js, for programs that use npm's ssh2
#   askpass, nothing_asked  every question of ssh fails, and is remembered; was there none?
#   listening               writes ./listening, for a ./reach of a client over cxssh listen
#   version_of COMMAND...   prints the first version number of its output
#   cold                    no key, host key, lease, route and broker: as after cxssh sync
#   battery CLIENT VERSION  what every client has to do, as sentences.  The script has
#                           written the program ./reach: ./reach HOST has the client
#                           print the file "name" of the home folder on HOST's server.
#                           Variables that change it:
#     reads_first=1           the client reads key and host key before it starts the
#                             ProxyCommand: cxssh prepare HOST is run before it
#     shows=why               it does not show why a connection fails; cxssh why does
#     gives_up=SECONDS        its own time-out (20)
#     at_once=N               how many of it run in parallel on each route (4)
#     checks_no_host_key=1    it has no such check
#     remark=TEXT             what the table of clients says of it
#   break_lease, mend_lease no lease can be had any more, and again
#   shows_reason COMMAND... fails, and shows the reason in its output
#
# All of them: make check-clients, once ./install.sh --deps --for-clients has run.  With
# CLIENTS_REPORT=FILE the battery adds a row to FILE, as src/doc/clients.md has them.  With
# COLUMN=cold a script ends after the sentences in which the client is the very first one.
SANDBOX_OPTIONS='--hosts "lion bastion otter" --lease-delay 100'
. "$(dirname "$0")/../lib.sh"

missing() { skip_all "$* is not installed; run: ./install.sh --deps --for-clients"; }
needs() { for program; do command -v "$program" >/dev/null || missing "$program"; done; }
needs_python() { /usr/bin/python3 -c "import $1" 2>/dev/null || missing "python3's $1"; }
needs_ruby() { ruby -e "require '$1'" 2>/dev/null || missing "ruby's $1"; }
NODE_PATH=$tests/../build/npm/node_modules; export NODE_PATH
needs_npm() { # PACKAGE...  which tests/clients/fetch-npm has fetched
	needs node
	for package; do [ -d "$NODE_PATH/$package" ] || missing "npm's $package"; done
}
npm_version() { sed -n 's/^ *"version": "\(.*\)",*/\1/p' "$NODE_PATH/$1/package.json"; }
node_connection() {
	cat >connection.js <<-'JS'
		const fs = require('fs'), os = require('os'), path = require('path');
		const { spawn } = require('child_process');
		const { Duplex } = require('stream');
		const SSHConfig = require('ssh-config').default || require('ssh-config');
		const home = os.homedir(), folder = path.join(home, '.ssh');
		const within = (file) => file.replace(/^~(?=\/)/, home);
		// Includes of the first level, one path a line, as open-remote-ssh follows them.
		function lines(file) {
			return fs.readFileSync(file, 'utf8').replace(/^Include +(.*)$/gm, (line, name) =>
				fs.readFileSync(path.resolve(folder, within(name)), 'utf8'));
		}
		exports.settings = (host) =>
			SSHConfig.parse(lines(path.join(folder, 'config'))).compute(host);
		exports.identity = (of) => fs.readFileSync(within([].concat(of.IdentityFile)[0]));
		exports.sock = (of) => {
			const words = [].concat(of.ProxyCommand).join(' ').split(/ +/).map((word) =>
				word.replace('%h', of.HostName).replace('%p', of.Port).replace('%r', of.User));
			const child = spawn(words[0], words.slice(1), { stdio: ['pipe', 'pipe', 'ignore'] });
			return Duplex.from({ readable: child.stdout, writable: child.stdin });
		};
		exports.verifier = (of) => {
			const known = fs.readFileSync(within([].concat(of.UserKnownHostsFile)[0]), 'utf8').split('\n')
				.map((line) => line.split(' '))
				.filter((line) => line[0].split(',').includes(of.HostKeyAlias)).map((line) => line[2]);
			if (known.length === 0) throw new Error('no host key of ' + of.HostName);
			return (key) => known.includes(key.toString('base64'));
		};
	JS
}
listening() {
	cat >listening <<-'SH'
		cxssh listen "$1" >"listen.$$" 2>&1 &
		listener=$!
		trap 'kill $listener 2>/dev/null; wait $listener' EXIT
		until grep -q '^known_hosts' "listen.$$"; do
			kill -0 $listener 2>/dev/null || { cat "listen.$$" >&2; exit 1; }
			sleep 0.1
		done
		port=$(sed -n 's/^listening on 127.0.0.1 port \([0-9]*\) .*/\1/p' "listen.$$")
		user=$(sed -n 's/^user  *//p' "listen.$$") key=$(sed -n 's/^key  *//p' "listen.$$")
		sed -n 's/^known_hosts  *//p' "listen.$$" >"host.$$"
		fingerprint=$(ssh-keygen -lf "host.$$" | cut -d ' ' -f 2 | head -n 1)
	SH
}
askpass() {
	printf '#!/bin/sh\necho "$*" >>"%s"\nexit 1\n' "$work/asked" >askpass
	chmod +x askpass
	export SSH_ASKPASS="$work/askpass" SSH_ASKPASS_REQUIRE=force DISPLAY=:0
}
nothing_asked() { ! cat asked 2>/dev/null >&2; }
version_of() {
	"$@" 2>&1 </dev/null | sed -n 's/^[^0-9]*\([0-9][0-9]*\(\.[0-9a-z]*\)*\).*/\1/p' | head -n 1
}

reason='cxssh: myapp-lion .*: no lease: .*refused'
expire_lease() {
	sed -i 's/^lease-until=.*/lease-until=1/' "$HOME"/.cache/cxssh/routes/*
	firewall_reset lion
}
break_lease() {
	expire_lease
	fault 'POST * refuse-lease'
}
mend_lease() { no_faults; }
shows_reason() {
	if within 20 "$@" >shown 2>&1 </dev/null; then
		echo 'it succeeded' >&2; return 1
	fi
	grep -q "$reason" shown || { cat shown >&2; return 1; }
}

bastion=203.0.113.30 behind=my-awesome-app-otter
cold() {
	cxssh gateway close "$bastion" >/dev/null 2>&1
	rm -rf "$HOME"/.ssh/cx_* "$HOME/.ssh/cxssh/known_hosts" "$HOME/.cache/cxssh/routes" \
		"$HOME/.cache/cxssh/failed"
	[ -z "${SSH_AUTH_SOCK-}" ] || ssh-add -qD 2>/dev/null
	firewall_reset lion
	cxssh sync >/dev/null
}
prepared() { # HOST...  where the client needs it
	[ -z "${reads_first-}" ] || cxssh prepare "$@" >&2
}
server_of() { case $1 in "$behind") echo otter ;; *) echo lion ;; esac; }
reaches() { is "$(server_of "$1")" within 60 ./reach "$1"; } # HOST
cold_reaches() { cold && prepared "$1" && reaches "$1"; }                 # HOST
together() { # N HOST...  the client N times for each of them, after nothing
	_n=$1; shift
	cold && prepared "$@"
	rm -f answer.*
	for _host; do
		for _i in $(seq "$_n"); do
			{ reaches "$_host" && : >"answer.$_host.$_i"; } >>together 2>&1 &
			_pids="${_pids-} $!"
		done
	done
	# shellcheck disable=SC2086 # a list
	wait $_pids
	_pids=
	[ "$(ls answer.* | wc -l)" = $((_n * $#)) ] || { cat together >&2; ls answer.* >&2; return 1; }
}
# column COLUMN WHAT COMMAND...   a sentence, and what it makes of a column of the table
column() {
	col=$1 failed_before=$failed; shift; failed=0
	it "$@"
	[ "$failed" = 1 ] || eval ": \"\${col_$col:=yes}\""
	[ "$failed" = 0 ] || eval "col_$col=no"
	failed=$((failed | failed_before))
}
# why_not PATTERN HOST   the client fails in its time, and shows PATTERN, or cxssh why does
why_not() {
	rm -rf "$HOME/.cache/cxssh/failed"
	within "${gives_up:-20}" ./reach "$2" >shown 2>&1 </dev/null
	case $? in
	0) echo 'it succeeded' >&2; return 1 ;;
	124) echo "it was not done after ${gives_up:-20} s" >&2; cat shown >&2; return 1 ;;
	esac
	_words=$1
	[ "${shows-}" != why ] || { _words=${1#cxssh: }; cxssh why "$2" >shown 2>&1; }
	tr -d '\r' <shown | grep -qE -- "$_words" || { cat shown >&2; return 1; }
}
# fails WHAT PATTERN HOST   what is broken has been broken
fails() {
	case ${shows-} in why) _shown='cxssh why shows why' ;; *) _shown='it shows why' ;; esac
	column failures "$client fails in its time with $1, and $_shown" why_not "$2" "$3"
}
hide_token() { mkdir hidden && mv "$HOME"/.cloud66/*.json hidden; }
show_token() { mv hidden/*.json "$HOME/.cloud66/" && rmdir hidden; }
failures() {
	cold; cxssh prepare myapp-lion "$behind" >/dev/null
	expire_lease; hide_token
	fails 'no token' 'cxssh: .*(login|token)' myapp-lion
	show_token; api_down
	fails 'the API down' 'cxssh: .*nothing listens' myapp-lion
	api_up; fault 'POST * refuse-lease'
	fails 'no lease' "$reason" myapp-lion
	no_faults
	cxssh gateway close "$bastion" >/dev/null; restart_sshd bastion 'AllowUsers none'
	fails 'a bastion that refuses the key' 'cxssh: .*does not let jump in' "$behind"
	restart_sshd bastion
	# The broker that was refused answers so for a second more.
	wait_for no_leftovers
	column again "$client works again after all that" both_reached
	[ -z "${checks_no_host_key-}" ] || return 0
	new_host_keys lion
	column failures "$client refuses a server whose host key has changed" refused myapp-lion
}
both_reached() { reaches myapp-lion && reaches "$behind"; }
refused() {
	forget_sshd_log lion
	within "${gives_up:-20}" ./reach "$1" >shown 2>&1 </dev/null
	case $? in 0 | 124) cat shown >&2; return 1 ;; esac
	is 0 logins lion && [ "$(cat shown)" != lion ]
}
battery() { # CLIENT VERSION
	client=$1 col_direct= col_role= col_bastion= col_cold= col_parallel= col_failures=
	if [ -n "${reads_first-}" ]; then first='first, after cxssh prepare'; else first='first'; fi
	chmod +x reach
	for host in lion otter; do echo "$host" >"$SANDBOX/hosts/$host/home/name"; done
	for route in "direct myapp-lion" "role myapp-app" "bastion $behind"; do
		host=${route#* }
		column cold "$client is the very first client to $host" cold_reaches "$host"
		[ "${COLUMN-}" = cold ] || column "${route% *}" "$client reaches $host" reaches "$host"
	done
	[ "${COLUMN-}" != cold ] || { done_testing; exit; }
	column parallel "$client runs ${at_once:-4} times at once on two cold routes" \
		together "${at_once:-4}" myapp-lion "$behind"
	failures
	report_row "| $client | $2 | $col_direct | $col_role | $col_bastion | $(
		[ "$col_cold" = yes ] && [ -n "${reads_first-}" ] && echo "\`cxssh prepare\`" || echo "$col_cold"
	) | $col_parallel | $([ "$col_failures-${shows-}" = yes-why ] && echo "\`cxssh why\`" ||
		echo "$col_failures") | ${remark-} |"
}
report_row() { [ -z "${CLIENTS_REPORT-}" ] || echo "$1" >>"$CLIENTS_REPORT"; }
cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
