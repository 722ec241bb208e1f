#!/bin/sh
# SPDX-License-Identifier: MIT
# The question of cxssh sync: asked without a lock, and again where the answer is none.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts lion --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
command -v script >/dev/null || skip_all 'no script(1)'

question='Put these lines into ~/.ssh/config?'
begin() { # cxssh sync on a terminal, up to its question
	rm -rf "$HOME/.ssh/config" "$HOME/.ssh/cxssh" typing
	mkfifo typing && : >shown
	script -qefc 'cxssh sync' shown <typing >/dev/null 2>&1 & script=$!
	exec 6>typing
	wait_for asked_times 1
}
asked_times() { [ "$(grep -c "$question" shown)" -ge "$1" ]; }
end() { # its exit status
	wait "$script"; code=$?
	exec 6>&-
	rm -f typing
	cat shown >&2
	return "$code"
}
has_line() { grep -q '^Include cxssh/config$' "$HOME/.ssh/config"; }
answered() { # ANSWER...: one after the other
	begin || return
	n=1
	for answer; do
		printf '%b' "$answer" >&6
		n=$((n + 1))
		[ "$n" -gt $# ] || wait_for asked_times "$n" || { end; return 1; }
	done
	end
}
added() { answered "$@" && has_line; }
declined() { answered "$@" && ! has_line; }
it 'an empty line means yes' added '\n'
it 'y means yes' added 'y\n'
it 'YES means yes' added 'YES\n'
it 'n means no' declined 'n\n'
it 'no means no' declined 'No\n'
it 'what is no answer is asked again' added 'what?\n' 'y\n'
it 'a word that begins like an answer is asked again' declined 'yesterday\n' 'n\n'
it 'Ctrl-D is asked again' added '\004' 'y\n'
it 'a third Ctrl-D means no' declined '\004' '\004' '\004'

others_work() {
	begin || return
	{ timeout 9 cxssh sync </dev/null >other 2>&1 && is lion timeout 9 cxssh ssh myapp-lion hostname; }; other=$?
	printf 'y\n' >&6
	end && [ "$other" = 0 ] && has_line
}
it 'while sync waits for the answer, another sync and a cold session work' others_work

done_testing
