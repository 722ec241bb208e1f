#!/bin/sh
# SPDX-License-Identifier: MIT
# Which host keys are accepted and learnt.  ssh-keygen reads what is written.
no_sandbox=1
. "$(dirname "$0")/../lib.sh"

drive=$CXSSH_BUILD/tests/integration/drive_hostkey
[ -x "$drive" ] || skip_all "$drive is not built"
known_file=$HOME/.ssh/cxssh/known_hosts
users=$HOME/.ssh/known_hosts
umask 077
mkdir -p "$HOME/.ssh"

for key in lion tiger bear; do ssh-keygen -q -t ed25519 -N '' -C "$key" -f $key; done
ssh-keygen -q -t ecdsa -b 256 -N '' -C ecdsa -f ecdsa
address=203.0.113.5
as() { cut -d ' ' -f 1,2 <"$1.pub"; }           # type and key, as a line has them
accept() { "$drive" accept "$1" "${3-$address}" "$work/$2.pub"; }
is() { [ "$1" = "$2" ] || { printf 'got: %s\nnot: %s\n' "$1" "$2" >&2; return 1; }; }
file_is() { is "$(cat "$known_file")" "$1"; }
forget() { rm -rf "$HOME/.ssh/cxssh" "$users"; }

# --- the first contact, and all after it ---

it 'names a server and a gateway as ssh will ask for them' \
	is "$("$drive" names 1F2E.Web)" "$(printf 'cxssh-1f2e.web\ncxssh-gateway-1f2e.web')"
it 'cxssh believes a first contact' accept cxssh-1,myapp-lion lion
it 'cxssh says nothing of it' [ ! -s "$work/out" ]
it 'cxssh keeps it under all names' file_is "cxssh-1,myapp-lion $(as lion)"
it 'known_hosts of cxssh is unreadable for others' is "$(stat -c %a "$known_file")" 600
it 'cxssh keeps known_hosts in a folder for the user alone' is "$(stat -c %a "$HOME/.ssh/cxssh")" 700
it 'ssh-keygen finds it by the uid' prints "^cxssh-1,myapp-lion ssh-ed25519" \
	ssh-keygen -F cxssh-1 -f "$known_file"
it 'ssh-keygen finds it by the alias' prints "^cxssh-1,myapp-lion ssh-ed25519" \
	ssh-keygen -F myapp-lion -f "$known_file"
before=$(stat -c %i "$known_file")
it 'cxssh believes the same key again' accept cxssh-1,myapp-lion lion
it 'cxssh believes the same key without writing the file anew' is "$(stat -c %i "$known_file")" "$before"
it 'cxssh knows its type' is "$("$drive" types cxssh-1 -)" ssh-ed25519
it 'cxssh has it under each name' is "$("$drive" has cxssh-1,myapp-lion)" yes
it 'cxssh knows no key under other names' is "$("$drive" has cxssh-1,myapp-web)" no

refused='the host key of myapp-lion is not the one in ~/.ssh/cxssh/known_hosts; if you expected'
it 'cxssh refuses another key' fails_with 78 "^$refused this change, run: " accept cxssh-1,myapp-lion tiger
it 'cxssh refuses another key with the remedy' fails_with 78 ' this change, run: cxssh hostkey forget myapp-lion$' \
	accept cxssh-1 tiger
it 'cxssh refuses a key of another type' fails_with 78 "^$refused" accept cxssh-1 ecdsa
it 'cxssh refuses a key of another type in one line' is "$(wc -l <"$work/err")" 1
it 'cxssh keeps the old key beside one of another type' file_is "cxssh-1,myapp-lion $(as lion)"
way_out() { eval "$(sed 's/.*, run: //' hint)"; }
accept cxssh-1 tiger 2>hint
it 'the way out leads out' way_out
it 'cxssh learns the new key after the remedy' accept cxssh-1,myapp-lion tiger
it 'cxssh knows the new key alone after the remedy' file_is "cxssh-1,myapp-lion $(as tiger)"

it 'cxssh refuses what is no key' fails_with 69 '^myapp-lion showed a host key of no known form$' \
	"$drive" junk cxssh-9
it 'cxssh keeps nothing of what is no key' file_is "cxssh-1,myapp-lion $(as tiger)"

# --- the user's own file ---

forget
as lion | sed "s/^/$address /" >"$users"
it "cxssh takes over what the user's own file knows" accept cxssh-1,myapp-lion lion
it 'cxssh takes over a key under its own names' file_is "cxssh-1,myapp-lion $(as lion)"
it 'cxssh takes over a key without touching the file of the user' is "$(cat "$users")" "$address $(as lion)"
forget
as lion | sed "s/^/$address /" >"$users"
theirs='the host key of myapp-lion is not the one in ~/.ssh/known_hosts; if you expected'
it 'cxssh refuses a key that the file speaks against' fails_with 78 "^$theirs" accept cxssh-1 tiger
it 'cxssh refuses a key that the file of the user contradicts with the remedy' fails_with 78 ", run: ssh-keygen -R $address -f ~/.ssh/known_hosts$" \
	accept cxssh-1 tiger
it 'cxssh learns nothing that the file of the user contradicts' [ ! -e "$known_file" ]
it 'cxssh asks it for types' is "$("$drive" types cxssh-1 "$address")" ssh-ed25519
it 'cxssh ignores other hosts in the file of the user' accept cxssh-2 tiger 203.0.113.6
it 'cxssh ignores the file of the user where there is no address' accept cxssh-3 bear -
ssh-keygen -q -H -f "$users" >"$work/err" 2>&1 && rm -f "$users.old"
it 'cxssh is really hashed now' [ "$(cut -c 1-3 <"$users")" = '|1|' ]
it 'cxssh refuses by a hashed line too' fails_with 78 "^$theirs" accept cxssh-1 tiger
it 'cxssh asks hashed lines for types' is "$("$drive" types cxssh-1 "$address")" ssh-ed25519
it 'cxssh takes over from a hashed line' accept cxssh-1 lion
it 'cxssh takes over from a hashed line under its own name' grep -qx "cxssh-1 $(as lion)" "$known_file"
forget
{ as tiger | sed "s/^/$address /"; as lion | sed "s/^/$address /"; } >"$users"
ssh-keygen -q -H -f "$users" >"$work/err" 2>&1
it 'cxssh takes the second of two hashed lines' accept cxssh-1 lion
forget
{ as ecdsa; as tiger; as ecdsa; as lion; } | sed "s/^/$address /" >"$users"
it 'cxssh knows each type once, the one that ssh likes best first' \
	is "$("$drive" types cxssh-1 "$address")" "$(printf 'ssh-ed25519\necdsa-sha2-nistp256')"
forget
as lion | sed 's/^/@revoked * /' >"$users"
it 'cxssh refuses what is marked @revoked there' \
	fails_with 78 '^the host key of myapp-lion is marked @revoked in ~/.ssh/known_hosts$' \
	accept cxssh-1 lion
it 'cxssh learns nothing that is marked @revoked' [ ! -e "$known_file" ]
as lion | sed "s/^/$address /" >"$users"
ssh-keygen -q -H -f "$users" >"$work/err" 2>&1 # which leaves marked lines as they are
sed -i 's/^/@revoked /' "$users"
it 'cxssh refuses what is marked @revoked under a hash' fails_with 78 'marked @revoked' \
	accept cxssh-1 lion
forget
{ yes "$address $(as tiger)" | head -n 1000; echo "$address $(as lion)"; } >"$users"
ssh-keygen -q -H -f "$users" >"$work/err" 2>&1
it 'cxssh takes the last of a thousand hashed lines' accept cxssh-1 lion
sed -i '$s/^/@revoked /' "$users"
rm -rf "$HOME/.ssh/cxssh"
it 'cxssh heeds the last of a thousand hashed lines where it is marked @revoked' fails_with 78 'marked @revoked' accept cxssh-1 lion
no_keygen() { ( PATH=$work:$PATH; accept cxssh-1 lion ); }
printf '#!/bin/sh\n: >%s/asked\n' "$work" >ssh-keygen; chmod +x ssh-keygen
it 'cxssh refuses a revoked key without another program' fails_with 78 'marked @revoked' no_keygen
it 'cxssh starts no other program for that' [ ! -e asked ]
rm ssh-keygen "$users.old"
forget
printf 'garbage\n\n@\n%s\n%s lion\n%s tiger\n' "$address" "$address" "203.0.113.*" >"$users"
it 'cxssh is not stopped by bad lines' accept cxssh-1 lion
forget
mkdir "$users"
it 'cxssh is not stopped by a file that is none' accept cxssh-1 lion
rmdir "$users"
forget
ln -s /dev/null "$users"
it 'cxssh is not stopped by a file that holds nothing' accept cxssh-1 lion

# As ssh reads it, whosever it is.
forget
as lion | sed "s/^/$address /" >"$users"; chmod 646 "$users"
[ "$(id -u)" != 0 ] || chown 12345 "$users"
it 'cxssh takes over from a file of another user' accept cxssh-1 lion
it 'cxssh refuses what it speaks against' fails_with 78 "^$theirs" accept cxssh-2 tiger
as lion | sed "s/^/@revoked $address /" >"$users"; chmod 666 "$users"
it 'cxssh refuses what is marked @revoked in a file that everybody can write' fails_with 78 'marked @revoked' \
	accept cxssh-3 lion
forget
as tiger | sed "s/^/$address /" >"$users"; chmod 000 "$users"
it 'cxssh is not stopped by one that ssh could not read either' \
	plainly "$drive" accept cxssh-1 "$address" "$work/lion.pub"
forget
as tiger | sed "s/^/$address /" >"$users"; truncate -s 65M "$users"
unread='^host key of myapp-lion: your known_hosts cannot be read: .*/.ssh/known_hosts: '
it 'cxssh refuses where it cannot read what ssh could' fails_with 78 "$unread" accept cxssh-1 lion
it 'cxssh learns nothing where it cannot read a file that ssh could' [ ! -e "$known_file" ]

# --- lines that are there stay as they were ---

forget
mkdir -p "$HOME/.ssh/cxssh"
cat >"$known_file" <<-FILE
	# by hand, keep

	zoo.example.com,*.zoo $(as bear) zoo keeper
	@revoked * $(as ecdsa)
	|1|YWJj|ZGVm $(as bear)
	half a line
FILE
printf 'cxssh-7,old %s' "$(as tiger)" >>"$known_file"
cp "$known_file" before
it 'cxssh learns beside lines by hand' accept cxssh-1,myapp-lion lion
it 'each of which is kept' is "$(head -n 7 "$known_file")" "$(cat before)"
it 'the new one comes last' is "$(tail -n +8 "$known_file")" "cxssh-1,myapp-lion $(as lion)"
it 'a key revoked by hand is refused' \
	fails_with 78 'is marked @revoked in ~/.ssh/cxssh/known_hosts' accept cxssh-8 ecdsa
it 'cxssh adds a name' "$drive" add cxssh-1,myapp-web
it 'cxssh adds a name to the line of its uid only' is "$(grep -c myapp-web "$known_file")" 1
it 'cxssh adds a name behind the other names' grep -qx "cxssh-1,myapp-lion,myapp-web $(as lion)" "$known_file"
it 'cxssh adds a name to no other line' is "$(head -n 7 "$known_file")" "$(cat before)"
it 'cxssh adds names at a session too' accept cxssh-1,myapp-lion,myapp-db lion
it 'cxssh adds all names at a session in one line' grep -qx "cxssh-1,myapp-lion,myapp-web,myapp-db $(as lion)" "$known_file"
cp "$known_file" before
it 'cxssh adds nothing to a uid it does not know' "$drive" add cxssh-99,myapp-bear
it 'cxssh changes nothing for a uid that it does not know' cmp before "$known_file"
it 'cxssh makes sure of the file' "$drive" touch
it 'cxssh leaves a file that is there as it is' cmp before "$known_file"
forget
it 'cxssh makes sure of a file that is not there' "$drive" touch
is_empty() { [ -f "$1" ] && [ ! -s "$1" ]; }
it 'cxssh makes an empty file where there is none' is_empty "$known_file"

forget
mkdir -p "$HOME/.ssh/cxssh" "$HOME/dotfiles"
: >"$HOME/dotfiles/kh"; chmod 640 "$HOME/dotfiles/kh"; ln -s ../../dotfiles/kh "$known_file"
it 'cxssh writes through a link' accept cxssh-1 lion
it 'cxssh leaves a link to known_hosts a link' [ -L "$known_file" ]
it 'cxssh writes into the known_hosts at the end of a link' is "$(cat "$HOME/dotfiles/kh")" "cxssh-1 $(as lion)"
it 'cxssh keeps the mode of the known_hosts at the end of a link' is "$(stat -c %a "$HOME/dotfiles/kh")" 640
rm "$HOME/dotfiles/kh"
it 'cxssh puts nothing in the place of a link that leads nowhere' fails_with 78 'cannot write' accept cxssh-1 lion
it 'cxssh leaves a link that leads nowhere a link' [ -L "$known_file" ]

# --- many at once ---

forget
twenty() { # COMMAND with N for its number, twenty times at once
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		( "$@" "$n" || echo "$n failed" >>"$work/twenty" ) &
		pids="${pids-} $!"
	done
	# shellcheck disable=SC2086
	wait $pids
	! cat "$work/twenty" 2>/dev/null >&2
}
numbered() { accept "cxssh-n$1,myapp-n$1" lion; }
it 'cxssh learns twenty servers at once' twenty numbered
it 'cxssh loses none of twenty servers' is "$(grep -c "^cxssh-n[0-9]*,myapp-n[0-9]* ssh-ed25519 [^ ]*$" "$known_file")" 20
it 'cxssh writes none of twenty servers twice' is "$(sort -u "$known_file" | wc -l)" 20
same() { accept cxssh-same lion; }
it 'cxssh learns one server twenty times at once' twenty same
it 'cxssh writes one server once that is learnt twenty times' is "$(grep -c '^cxssh-same ' "$known_file")" 1
renamed() { "$drive" add "cxssh-same,alias-$1"; }
it 'cxssh adds twenty names at once' twenty renamed
it 'cxssh loses none of twenty names' is "$(grep '^cxssh-same' "$known_file" | tr ',' '\n' | grep -c alias-)" 20
it 'cxssh leaves nothing beside it but the lock' is "$(ls -A "$HOME/.ssh/cxssh" | tr '\n' ' ')" 'known_hosts known_hosts.lock '

# One has the file in hand, another comes from a terminal with another cache.
at=$CXSSH_BUILD/tests/integration/atcall
if [ -x "$at" ] && "$at" count true; then
	# atcall ends whatever its command leaves running, so the other one is started here.
	late() {
		wait_for test -e in-hand
		XDG_CACHE_HOME=$work/other "$drive" accept cxssh-late - "$work/tiger.pub"
	}
	late >/dev/null 2>&1 &
	it 'cxssh learns a key while another one does' "$at" run @.known_hosts.cxssh \
		"touch '$work/in-hand'; sleep 1" "$drive" accept cxssh-early - "$work/lion.pub"
	it 'cxssh keeps both keys that are learnt at the same time' wait_for sh -c "grep -q '^cxssh-late ' '$known_file' && grep -q '^cxssh-early ' '$known_file'"
fi

# --- what cannot be ---

flock -F "$known_file.lock" sleep 60 & holder=$!
held() { ! flock -n "$known_file.lock" true; }
it 'the lock of known_hosts can be held by another program' wait_for held
it 'a known key needs no lock' \
	within 10 "$drive" accept cxssh-same "$address" "$work/lion.pub"
kill "$holder"; wait "$holder" 2>/dev/null
it 'the holder of the lock is gone' wait_for flock -n "$known_file.lock" true
cp "$known_file" before
rm -f "$known_file.lock"
chmod 500 "$HOME/.ssh/cxssh"
it 'cxssh says that it cannot write' fails_with 78 "^cannot write .*/.ssh/cxssh/known_hosts: " \
	plainly "$drive" accept cxssh-new "$address" "$work/bear.pub"
it 'known ones work all the same' plainly "$drive" accept cxssh-same "$address" "$work/lion.pub"
chmod 700 "$HOME/.ssh/cxssh"
chmod 606 "$known_file"
it 'cxssh believes no file that others can write' fails_with 78 'others can write it; run: chmod o-w' \
	accept cxssh-same lion
it 'cxssh believes no file that others can write for a new server either' fails_with 78 'others can write it' accept cxssh-new bear
it 'cxssh takes no name from a file that others can write' is "$("$drive" has cxssh-same)" no
chmod 600 "$known_file"
it 'cxssh has lost nothing over all that' cmp before "$known_file"
rm "$known_file" && mkfifo "$known_file"
it 'cxssh does not wait for a fifo' fails_with 78 'not a regular file' within 30 \
	"$drive" accept cxssh-1 "$address" "$work/lion.pub"
rm "$known_file"

done_testing
