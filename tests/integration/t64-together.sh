#!/bin/sh
# SPDX-License-Identifier: MIT
# Other programs at the same time: editors of ~/.ssh/config, other cxssh processes, and
# processes that stop in the middle.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion newt" --lease-delay 0'
test_timeout=600
. "$(dirname "$0")/../lib.sh"
every_class='--files --own' every_words='calls about files'
. "$tests/integration/atcalls.sh"

# Stopped in the middle of a sync, with its lock; the next process waits for it below.
XDG_CACHE_HOME=$work/cache; export XDG_CACHE_HOME
# N so that COMMAND has the lock of that name then
locked() { # NAME COMMAND...
	name=$1; shift
	"$at" -o list count "$@" >/dev/null 2>&1
	echo $(($(grep -n "lock/$name\$" list | head -n 1 | cut -d : -f 1) + 2))
}
# shellcheck disable=SC2016 # expanded later
"$at" run "$(locked inventory cxssh sync)" 'kill -STOP $(pgrep -x cxssh)' cxssh sync >/dev/null 2>&1 &
stopped=$!
wait_for pgrep -r T -x cxssh >/dev/null
process=$(pgrep -r T -x cxssh)
{ within 60 cxssh sync >said.late 2>late; echo $? >late.code; } &
late=$!
unset XDG_CACHE_HOME

# An editor at each system call of cxssh: it adds a line, or saves a file anew.
cat >append <<-SH
	#!/bin/sh
	echo '# added by an editor' >>'$theirs'
SH
cat >save_anew <<-SH
	#!/bin/sh
	{ cat '$theirs'; echo '# added by an editor'; } >editor.new
	chmod 640 editor.new
	mv editor.new '$theirs'
SH
chmod +x append save_anew
is_kept() { # KIND; and all that was there is there still, with the Include line or without
	[ "$code" = 0 ] || [ "$code" = 75 ] || { echo "exit status $code"; cat complaint; return 1; }
	grep -q 'added by an editor' "$theirs" || { echo 'what the editor added is lost'; cat "$theirs"; return 1; }
	grep -v 'added by an editor' "$theirs" >rest
	if [ "$code" = 0 ] && [ ! -e "$1.theirs" ]; then : >"$1.theirs"; fi # none but theirs
	if [ "$code" = 0 ]; then same 'not what was to be done' "$1.theirs" rest
	else one_of rest "$1.kind/.ssh/config" "$1.theirs"; fi
	[ -z "$(find "$HOME/.ssh" -type f -name '.*.cxssh-??????')" ] || {
		echo 'a draft is left'; ls -A "$HOME/.ssh"; return 1; }
}
beside_editors() { # KIND COMMAND...
	kind=$1; shift
	it "'$*' is undisturbed ($kind)" stage "$kind" "$@"
	count_calls "$kind" "$@"
	for editor in append save_anew; do
		it "a line that an editor writes ($editor) at $(number) of '$*' is kept ($kind)" \
			at_every "$kind" 1 run "./$editor" is_kept "$@"
	done
}
save nothing
cxssh sync >/dev/null
beside_editors adding cxssh sync --yes
restore nothing; cxssh sync --yes >/dev/null
beside_editors removing cxssh sync --remove
restore nothing; cxssh sync >/dev/null
beside_editors block cxssh sync --inline --yes
rm original; restore nothing; rm "$theirs"; cxssh sync --yes >/dev/null
beside_editors made cxssh sync --remove
printf 'Host own\n  User me\n' >original

# A file that appears where there was none.
restore nothing; rm "$theirs"; cxssh sync >/dev/null
cat >appears <<-SH
	#!/bin/sh
	[ -e '$theirs' ] || { cp original '$theirs' && chmod 640 '$theirs'; }
SH
chmod +x appears
is_there() {
	[ "$code" = 0 ] || [ "$code" = 75 ] || return 1
	grep -v '^Include cxssh' "$theirs" | grep -vx 'Host \*' >rest
	{ cmp -s rest original || [ ! -s rest ]; } || { cat "$theirs"; return 1; }
	# cxssh made the file first, so the editor's is a change.
	grep -q appears list || [ -s rest ] || [ "$n" -gt "$(grep -n ' link ' list | cut -d : -f 1)" ]
}
it "'cxssh sync --yes' is undisturbed (none)" stage none cxssh sync --yes
count_calls none cxssh sync --yes
it "a file that appears at $(number) of 'cxssh sync --yes' is kept" \
	at_every none 1 run ./appears is_there cxssh sync --yes

# An editor of ~/.config/cxssh/config, between cxssh's read and its write.
restore nothing; stacks 'My Awesome App'
settings=$HOME/.config/cxssh/config
it 'cxssh writes into a configuration that another program is writing' \
	"$at" run @.config.cxssh "echo '# added by an editor' >>'$settings'" \
	cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key"
it 'cxssh loses no line of a configuration that another program writes' grep -q 'added by an editor' "$settings"
it 'cxssh remembers the key of a gateway beside another writer' grep -q '^gateway-key 203.0.113.30 = ' "$settings"

# Several cxssh processes.
restore nothing; stacks myapp; cxssh sync --yes >/dev/null
connects() { ssh -T -o BatchMode=yes myapp-lion true; }
twenty_and_syncs() {
	pids=
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		connects & pids="$pids $!"
	done
	for _ in 1 2 3 4; do cxssh sync --yes >/dev/null & pids="$pids $!"; done
	for pid in $pids; do wait "$pid" || return 1; done
}
restart_sshd lion 'MaxStartups 100'
it 'twenty connect beside four syncs, the key and the host key still to come' twenty_and_syncs
it 'cxssh knows the host once after twenty connections beside four syncs' sh -c "[ \$(grep -c '^[^ ]*cxssh-${lion}[, ]' '$HOME/.ssh/cxssh/known_hosts') = 1 ]"
cp "$generated" myapp.generated
each_its_own() { # syncs of two minds, and some that take all back
	pids=
	for _ in 1 2 3 4 5; do
		cxssh sync --yes --stack solo >/dev/null & pids="$pids $!"
		cxssh sync --yes --stack myapp >/dev/null & pids="$pids $!"
		cxssh sync --remove >/dev/null & pids="$pids $!"
	done
	for pid in $pids; do wait "$pid" || return 1; done
	foreign_is_as_ever
}
it 'syncs of two minds and some that take all back take turns' each_its_own
it 'cxssh writes the right file in the end after two kinds of sync' sh -c "cxssh sync --yes >/dev/null && cmp '$generated' myapp.generated"
it 'cxssh has one Include line after two kinds of sync' sh -c "[ \$(grep -c '^Include cxssh/config$' '$theirs') = 1 ]"
no_drafts() { [ -z "$(find "$HOME/.ssh" "$HOME/.cache" -type f -name '.*.cxssh-??????')" ]; }
it 'cxssh leaves no draft after two kinds of sync' no_drafts
it 'cxssh gives the file back after two kinds of sync' gives_back

# The lock of a killed process is free; that of a stopped one is waited for, with a limit.
cxssh sync --yes >/dev/null; rm -f "$HOME/.cache/cxssh/routes/$lion"; cxssh sync >/dev/null
hold() { # N SIGNAL: an open gets it at its Nth call
	"$at" run "$1" "kill -$2 \$(pgrep -x cxssh -P \$PPID)" cxssh open "$lion" >/dev/null 2>&1 &
	held=$!
}
holder_is_stopped() { [ "$(pgrep -r T -x cxssh -P "$held")" != '' ]; }
hold "$(locked "target-$lion" cxssh open "$lion")" STOP
wait_for holder_is_stopped
waits() {
	within 30 cxssh open --within=1500 "$lion" >said 2>complaint; code=$?
	[ "$code" = 75 ] && [ "$(grep -c . complaint)" = 1 ] &&
		grep -q "at work too long (process $(pgrep -x cxssh -P "$held") has .*run: ps -fp" complaint ||
		{ echo "exit status $code: $(cat complaint)"; return 1; }
}
it 'a stopped sync with a lock is waited for, and named' waits
kill -KILL "$(pgrep -x cxssh -P "$held")"; wait "$held"
it 'the lock of a killed cxssh is free' within 30 cxssh open --within=4000 "$lion"

it 'a sync that waits for a stopped one gives up' sh -c "
	until [ -s late.code ]; do sleep 0.2; done; [ \$(cat late.code) = 75 ]"
it 'cxssh says in one line that it waits for a stopped sync no longer' sh -c "[ \$(grep -c . late) = 1 ]"
it 'names the process of the stopped sync' grep -q "^cxssh: another cxssh was at work too long (process $process has .*run: ps -fp $process$" late
kill -CONT "$process"
it 'the stopped sync ends well when it is continued' wait "$stopped"
done_testing
