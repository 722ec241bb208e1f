#!/bin/sh
# SPDX-License-Identifier: MIT
# Forty sessions of five clients, twenty at a time, on two cold routes: none fails.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs rsync git
for server in lion otter; do
	echo "$server" >"$SANDBOX/hosts/$server/home/name"
	git init -q --bare "$SANDBOX/hosts/$server/home/$server.git"
	[ "$(id -u)" != 0 ] || chown -R "$SANDBOX_UID" "$SANDBOX/hosts/$server/home/$server.git"
done
cat >session <<'SH'
#!/bin/sh
# session NUMBER
if [ $(($1 % 2)) = 0 ]; then host=myapp-lion server=lion; else host=my-awesome-app-otter server=otter; fi
case $(($1 / 2 % 5)) in
0) ssh "$host" cat name >"name.$1" ;;
1) scp -q "$host:name" "name.$1" ;;
2) echo "get name name.$1" | sftp -q -b - "$host" ;;
3) rsync "$host:name" "name.$1" ;;
4) git ls-remote "$host:$server.git" && echo "$server" >"name.$1" ;;
esac >"said.$1" 2>&1 && [ "$(cat "name.$1")" = "$server" ] && exit
echo "session $1 failed:"; cat "said.$1"
SH
chmod +x session
none_fails() {
	rm -f name.* said.*
	cold
	is '' sh -c 'seq 40 | xargs -P 20 -n 1 ./session'
}
for round in first second third; do
	it "forty mixed sessions at once, for the $round time: none fails" none_fails
done
# The ssh of a master that others share, too.
with_masters() {
	printf 'Host *\n\tControlMaster auto\n\tControlPersist 30\n\tControlPath %s/master.%%C\n' "$work" >>"$HOME/.ssh/config"
	none_fails
}
it 'forty mixed sessions at once that share masters: none fails' with_masters
it 'the masters are there' sh -c 'ls -d master.*'
for master in master.*; do ssh -o ControlPath="$work/$master" -O exit x 2>/dev/null; done
done_testing
