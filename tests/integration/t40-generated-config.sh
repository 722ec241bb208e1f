#!/bin/sh
# SPDX-License-Identifier: MIT
# The generated file, and the line in the user's file.  The real ssh is the judge.
no_sandbox=1
. "$(dirname "$0")/../lib.sh"

drive=$CXSSH_BUILD/tests/integration/drive_sshconfig
XDG_CONFIG_HOME=$work/xdg
export XDG_CONFIG_HOME
mkdir -p "$XDG_CONFIG_HOME/cxssh" && cp -R "$tests/../ssh_config.d" "$XDG_CONFIG_HOME/cxssh/" || exit 1
chmod -R go-w "$XDG_CONFIG_HOME/cxssh"
proxy=/usr/local/bin/cxssh-proxy
[ -x "$drive" ] || skip_all "$drive is not built"

# --- what is generated ---

# shellcheck disable=SC2120 # it() calls it
render() { "$drive" render "$proxy" "${1-plain}" <hosts >"${2-config}"; }
is() { [ "$1" = "$2" ] || { printf 'got: %s\nnot: %s\n' "$1" "$2" >&2; return 1; }; }
shows() { # ALIAS KEYWORD VALUE, in what ssh makes of ./config
	is "$(ssh -G -F "$work/config" "$1" | sed -n "s/^$2 //p")" "$3"
}
shows_no() { ssh -G -F "$work/config" "$1" >settings && ! grep "^$2 " settings; }

cat >hosts <<-HOSTS
	server myapp-lion cxssh-1f2e3d4c5b6a deploy 22 ~/.ssh/cx_0a1b2c3d_pkey 1f2e3d4c5b6a
	server shop.staging-10-0-0-1 cxssh-9f8e ubuntu 2222 - 9f8e
	role myapp-web cxssh-0a1b2c3d.web deploy 22 /keys/cx_0a1b 0a1b2c3d.web
HOSTS
it 'cxssh writes a file' render
while read -r _ alias key user port identity target; do
	for pair in "hostname $alias" "hostkeyalias $key" "user $user" "port $port" \
		"proxycommand $proxy $target %p" 'proxyusefdpass yes' 'updatehostkeys false' \
		"userknownhostsfile $HOME/.ssh/cxssh/known_hosts" 'stricthostkeychecking true' \
		'serveraliveinterval 15' 'forwardagent no' \
		'controlmaster false'; do
		it "$alias: $pair" shows "$alias" "${pair%% *}" "${pair#* }"
	done
	if [ "$identity" != - ]; then
		it "$alias: identityfile $identity" shows "$alias" identityfile "$identity"
		it "$alias: with this key only" shows "$alias" identitiesonly yes
	else
		it "$alias: the user's own keys" shows "$alias" identitiesonly no
	fi
done <hosts
it 'names no host that is not there' shows_no myapp-bear proxycommand
has_no() { ! grep -E "$1" "$work/config"; }
it 'cxssh has no Match, no quote, no late remark, no other token' \
	has_no "^ *Match|[\"'\`\\\\]|[^#]+#|%[^p]|[^ -~]"

it 'cxssh forwards the agent where told to' render agent
it 'ssh sees it' shows myapp-lion forwardagent yes
it 'cxssh keeps a master where told to' render master
it 'ssh sees that' shows myapp-lion controlpersist 600
it 'ssh sees the user and the control path of the template' shows myapp-lion controlmaster auto
render

# --- in its place ---

place=$work/home/.ssh/cxssh/config
replace() { "$drive" replace "$place" "$@"; }
mode_is() { is "$(stat -c %a "$1")" "$2"; }
holds() { cmp "$1" "$2"; }
only_one() { is "$(ls -A "$(dirname "$place")")" config; }
expected="myapp-lion cxssh-1f2e3d4c5b6a"

# shellcheck disable=SC2086 # two words
{
	it 'cxssh puts it in its place' prints '^changed' \
		replace config $expected "$proxy 1f2e3d4c5b6a %p"
	it 'the generated file is unreadable for others' mode_is "$place" 600
	it 'cxssh writes into a folder unreadable for others' mode_is "$(dirname "$place")" 700
	it 'cxssh does nothing the second time' prints unchanged \
		replace config $expected "$proxy 1f2e3d4c5b6a %p"
	chmod 660 "$place"
	it 'cxssh does something when others could write it' prints '^changed' replace config
	it 'the generated file is unreadable for others again' mode_is "$place" 600
}
cp config good
{ cat config; echo '  Prot 22'; } >bad
it 'cxssh refuses what ssh refuses' fails_with 78 'ssh says: line .*Bad configuration option: prot' \
	replace bad
it 'the error names no temporary file' fails_with 78 '^[^,]*config was left as it was: ssh says: line' \
	replace bad
{ echo 'User everywhere'; cat config; } >bad
it 'cxssh refuses what reaches other hosts' fails_with 78 'settings of other hosts' replace bad
{ cat config; printf 'Host *\n  ForwardAgent yes\n'; } >bad
it 'cxssh refuses settings of other hosts behind its own' fails_with 78 'settings of other hosts' replace bad
{ cat config; echo '# more'; } >bad
it 'cxssh refuses a host that ssh takes for another' fails_with 78 'myapp-lion: .* proxycommand' \
	replace bad myapp-lion cxssh-1f2e3d4c5b6a "$proxy other %p"
it 'cxssh refuses a host with another HostKeyAlias' fails_with 78 'myapp-lion: .* hostkeyalias' \
	replace bad myapp-lion cxssh-1f2e "$proxy 1f2e3d4c5b6a %p"
mkdir bin
printf '#!/bin/sh\nsleep 60\n' >bin/ssh; chmod 755 bin/ssh
other_ssh() { PATH=$work/bin:$PATH "$@"; }
hurried() { DRIVE_MS=300 other_ssh replace bad; }
it 'cxssh does not wait for ever' fails_with 75 'took too long' hurried
it 'cxssh has changed nothing by all that' holds "$place" good
it 'cxssh leaves nothing behind what it refuses' only_one

# --- the line in the user's file ---

home=$work/home
file=$home/.ssh/config
user() { "$drive" user "$file" "$home" "$@"; }
forget() { rm -rf "$home/.ssh"; mkdir -p "$home/.ssh"; }
first_line_is() { is "$(head -n 1 "$file" | tr -d '\r')" 'Include cxssh/config'; }
no_file() { [ ! -e "$1" ] && [ ! -L "$1" ]; }

rm -rf "$home"
it 'cxssh makes the file where there is none' prints added user add
it 'a ~/.ssh/config that cxssh made is unreadable for others' mode_is "$file" 600
it 'cxssh makes ~/.ssh unreadable for others' mode_is "$home/.ssh" 700
it 'cxssh makes a ~/.ssh/config that begins with the Include line' first_line_is
it 'cxssh finds it there' prints 'present 1' user look
it 'cxssh adds none again' prints present user add
it 'cxssh takes it out' prints removed user remove
it 'cxssh takes the file away that it made' no_file "$file"
it 'cxssh has nothing to take out again' prints absent user remove

n=0
for text in '' '\n' 'x' 'Host a\n  User b' 'Host a\n  User b\n' 'Host a\r\n  User b\r\n' \
	'# \0303\0251\n' '\n\nHost *\n'; do
	n=$((n + 1))
	forget
	[ "$text" != x ] || text='# no newline'
	printf '%b' "$text" >"$file"
	chmod 644 "$file"
	cp "$file" before
	it "file $n: adds the line" prints added user add
	it "file $n: as the first" first_line_is
	it "file $n: keeps its mode" mode_is "$file" 644
	it "file $n: leaves a copy" holds before "$file.cxssh-backup"
	it "file $n: that is private" mode_is "$file.cxssh-backup" 600
	it "file $n: takes it out" prints removed user remove
	it "file $n: byte for byte" holds before "$file"
	it "file $n: keeps its mode" mode_is "$file" 644
done

for line in 'Include cxssh/config' 'include ~/.ssh/cxssh/config' "Include $file.d/x cxssh/config" \
	"INCLUDE=\"$home/.ssh/cxssh/config\""; do
	forget
	echo "$line" >"$file"; cp "$file" before
	it "'${line##*/work/}' will do" prints present user add
	it "cxssh does not take the line '${line##*/work/}' out" prints 'not ours' user remove
	it "cxssh leaves the file with the line '${line##*/work/}' as it was" holds before "$file"
done

forget
printf 'Host a\n  User b\nInclude cxssh/config\n' >"$file"
it 'cxssh says where an Include does nothing' prints 'ineffective 3' user look
it 'cxssh adds one when told to' prints added user add
it 'cxssh takes out its own alone' prints removed user remove
it 'the other is left' prints 'ineffective 3' user look

forget
echo 'Host a' >"$file"
user add >/dev/null
echo 'Host a' >"$file"
it 'cxssh sees that the user took it out' prints 'taken out' user look
it 'cxssh puts the line back when told to' prints added user add
it 'cxssh takes it out' prints removed user remove
it 'cxssh forgets the No when the line is taken out' prints absent user look
it 'cxssh remembers a No' user decline
it 'cxssh sees that the user said No' prints declined user look
it 'cxssh adds the line after a No when told to' prints added user add

# --- links ---

forget
mkdir -p "$home/dotfiles"
echo 'Host a' >"$home/dotfiles/ssh"; chmod 640 "$home/dotfiles/ssh"
cp "$home/dotfiles/ssh" before
ln -s ../dotfiles/ssh "$home/.ssh/one"
ln -s one "$file"
it 'cxssh goes through a chain of links' prints added user add
it 'cxssh leaves a chain of links as it was' test -L "$file" -a -L "$home/.ssh/one"
it 'cxssh writes to the file at the end of a chain of links' grep -q '^Include' "$home/dotfiles/ssh"
it 'cxssh keeps the mode of the file at the end of a chain of links' mode_is "$home/dotfiles/ssh" 640
it 'cxssh leaves nothing else there' is "$(ls "$home/dotfiles")" ssh
it 'cxssh takes the line out at the end of a chain of links' prints removed user remove
it 'the file at the end of a chain of links is as before, byte for byte' holds before "$home/dotfiles/ssh"
forget
ln -s ../dotfiles/new "$file"
it 'cxssh makes the file that a link waits for' prints added user add
it 'cxssh makes that file at the end of the link' test -f "$home/dotfiles/new" -a -L "$file"
it 'cxssh takes the line out of that file' prints removed user remove
it 'cxssh takes that file away but not the link' test ! -e "$home/dotfiles/new" -a -L "$file"
forget
ln -s ../nowhere/new "$file"
it 'cxssh makes no folder for it' fails_with 78 'no such folder' user add
forget
ln -s config "$file"
it 'cxssh is not led in circles' fails_with 78 'lead nowhere' user add

# --- what must not be touched ---

forget
echo 'Host a' >"$file"; chmod 444 "$file"; cp "$file" before
it 'cxssh leaves a read-only file alone' fails_with 78 'read-only' user add
it 'cxssh says what to add by hand to a read-only file' fails_with 78 '"Include cxssh/config", which must come first' \
	user add
chmod 644 "$file"; mkdir "$home/.ssh/cxssh" 2>/dev/null
chmod 555 "$home/.ssh"
it 'cxssh leaves a read-only folder alone' fails_with 78 'read-only' plainly "$drive" user "$file" "$home" add
chmod 755 "$home/.ssh"
it 'cxssh has changed nothing' holds before "$file"
it 'cxssh remembers nothing of a line that was not added' prints absent user look

printf 'Host a\n  Prot 22\n' >"$file"; cp "$file" before
it 'cxssh leaves a file alone that ssh refuses' fails_with 78 'must be mended first: ssh says: line 2' \
	user add
it 'cxssh leaves a file that ssh refuses as it was' holds before "$file"

echo 'Host a' >"$file"; cp "$file" before
cat >bin/ssh <<-SSH
	#!/bin/sh
	case "\$*" in *.cxssh-??????*) echo 'line 1: not this one'; exit 255 ;; esac
	exec /usr/bin/ssh "\$@"
SSH
it 'cxssh keeps the file when ssh refuses the new one' fails_with 78 'left as it was.*not this one' \
	other_ssh user add
it 'cxssh leaves the file as it was when ssh refuses the new one' holds before "$file"
it 'cxssh leaves no other file beside one that ssh refuses' is "$(ls -A "$home/.ssh")" "$(printf 'config\ncxssh')"
cat >bin/ssh <<-SSH
	#!/bin/sh
	echo '# another program' >>"$file"
	exec /usr/bin/ssh "\$@"
SSH
it 'cxssh gives up when another program writes at the same time' fails_with 75 'changed by another program' other_ssh user add
it 'cxssh loses nothing that another program has written' grep -q "another program" "$file"
it 'cxssh adds no line beside what another program has written' is "$(grep -c Include "$file")" 0

forget
parallel() {
	pids=
	for _ in 1 2 3 4 5 6; do user add >/dev/null & pids="$pids $!"; done
	for pid in $pids; do wait "$pid" || return 1; done
}
echo 'Host a' >"$file"
it 'six changes at the same time take turns' parallel
it 'six changes at the same time add one line' is "$(grep -c Include "$file")" 1

# --- the block ---

forget
printf 'User everywhere\nHost b\n  Port 23\n' >"$file"; cp "$file" before
it 'cxssh writes the hosts into the file' prints added user add-block good
at_home() { is "$(ssh -G -F "$file" "$1" | sed -n "s/^$2 //p")" "$3"; }
it 'cxssh writes hosts into the file where ssh finds them' at_home myapp-lion hostkeyalias cxssh-1f2e3d4c5b6a
it 'what follows counts for all, as before' at_home foreign user everywhere
it 'cxssh leaves what follows the block in force for its host' at_home b port 23
it 'cxssh does nothing the second time' prints present user add-block good
sed 's/deploy/root/' good >other
it 'cxssh replaces it' prints added user add-block other
it 'cxssh replaces a block by the new one' at_home myapp-lion user root
echo '# more' >>"$file"; echo '# more' >>before
it 'cxssh takes it out' prints removed user remove-block
it 'a file without its block is as before, byte for byte' holds before "$file"
it 'cxssh has none to take out again' prints absent user remove-block
echo '# BEGIN cxssh' >>"$file"; cp "$file" before
it 'cxssh refuses a marker without its partner' fails_with 78 'line 5: "# BEGIN cxssh" has no' \
	user add-block good
it 'a block with one marker is an error when it is removed, too' fails_with 78 'line 5' user remove-block
it 'cxssh changes nothing by a torn block' holds before "$file"
printf 'Host *\n  ForwardAgent yes\n' >bad
echo 'Host a' >"$file"; cp "$file" before
it 'cxssh refuses a block that reaches other hosts' fails_with 78 'settings of other hosts' user add-block bad
it 'cxssh changes nothing by a block that reaches other hosts' holds before "$file"

done_testing
