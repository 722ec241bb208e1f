#!/bin/sh
# SPDX-License-Identifier: MIT
# sync and sync --check ask ssh which settings are in force, and name what overrides them.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2088 # shown like that
SANDBOX_OPTIONS='--hosts "lion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

theirs=$HOME/.ssh/config
mkdir -p "$HOME/.config/cxssh" && echo 'stacks = myapp' >"$HOME/.config/cxssh/config"
cxssh sync --yes >/dev/null || skip_all 'no sync'
cp "$theirs" good
with() { cat >"$theirs"; }
warns() { # PATTERN COMMAND...
	pattern=$1; shift
	"$@" >said 2>complaint
	status=$?
	grep -q "^cxssh: warning: .*$pattern" complaint || { cat said complaint >&2; return 1; }
	return $status
}
silently() { "$@" >said 2>complaint && [ ! -s complaint ] || { cat said complaint >&2; return 1; }; }
sees() { ssh -G myapp-shark | grep -q '^proxycommand .*cxssh-proxy'; }

it 'sync --check is silent while ssh uses the generated settings' silently cxssh sync --check
it 'sync is silent about settings while ssh uses the generated ones' silently cxssh sync

# An Include that does not reach the host.
with <<-C
	Host other
	  User me
	Include cxssh/config
C
it 'sync --check fails when the Include stands below a Host of another name' \
	fails_with 1 '' cxssh sync --check
it 'sync --check names the line of the Include below a Host' \
	fails_with 1 '~/.ssh/config:3: the Include stands below a Host or Match .*; run: cxssh sync --yes' cxssh sync --check
with <<-C
	Match user other host other
	Include cxssh/config
C
it 'sync --check names the line of the Include below a Match' \
	fails_with 1 '~/.ssh/config:2: the Include stands below a Host or Match' cxssh sync --check
with <<-C
	Match exec "false"
	Include cxssh/config
C
it 'sync --check names the line of the Include below a Match whose command fails' \
	fails_with 1 '~/.ssh/config:2: the Include stands below a Host or Match' cxssh sync --check
: >"$theirs"
it 'sync --check says that the Include is missing' \
	fails_with 1 'does not include cxssh/config' cxssh sync --check
rm "$theirs"
it 'sync --check says that the Include is missing where there is no configuration' \
	fails_with 1 'does not include cxssh/config' cxssh sync --check

# An Include in a file that the user's configuration includes.
mkdir -p "$HOME/.ssh/conf.d"
echo 'Include conf.d/*' | with
echo 'Include cxssh/config' >"$HOME/.ssh/conf.d/cloud"
it 'ssh follows a nested Include' sees
it 'sync --check is content with a nested Include' silently cxssh sync --check
it 'sync is content with a nested Include' silently cxssh sync
it 'sync does not ask for a line that a nested Include makes unnecessary' \
	sh -c '! grep -q "cxssh sync --yes\|^+Include" said'
it 'sync --yes leaves a configuration with a nested Include as it is' \
	sh -c "cxssh sync --yes >/dev/null && [ \"\$(cat '$theirs')\" = 'Include conf.d/*' ]"
printf 'Host other\n  Include cxssh/config\n' >"$HOME/.ssh/conf.d/cloud"
it 'sync --check names the line of a nested Include below a Host' \
	fails_with 1 '~/.ssh/conf.d/cloud:2: the Include stands below' cxssh sync --check
rm -r "$HOME/.ssh/conf.d"

# Lines of the user's above the Include.
for setting in 'User root' 'StrictHostKeyChecking no' 'UserKnownHostsFile /dev/null'; do
	printf 'Host *\n  Compression yes\n  %s\n' "$setting" | cat - good >"$theirs"
	sed -i 's/^Include/Host *\nInclude/' "$theirs"
	it "sync names the line of Host * with $setting" warns "~/.ssh/config:3: ${setting%% *} .* applies to myapp-shark" cxssh sync
	it "sync --check succeeds with Host * and $setting" warns "~/.ssh/config:3: ${setting%% *} .* applies" cxssh sync --check
done
printf 'Port 2222\nInclude cxssh/config\n' | with
it 'sync --check fails for a Port above the Include' \
	fails_with 1 '~/.ssh/config:1: Port 2222 applies to myapp-shark' cxssh sync --check
printf 'Host my*\n  ProxyCommand none\nHost *\nInclude cxssh/config\n' | with
it 'sync --check fails for a ProxyCommand above the Include' \
	fails_with 1 '~/.ssh/config:2: ProxyCommand none applies to myapp-shark' cxssh sync --check
printf 'Host myapp-shark\n  User me\nHost *\nInclude cxssh/config\n' | with
it 'sync is silent about a block that is meant for the host alone' silently cxssh sync

# ssh -G prints some keywords in another case before OpenSSH 10.6.
mkdir bin && cat >bin/ssh <<'SSH'
#!/bin/sh
case " $* " in *' -G '*) /usr/bin/ssh "$@" | awk '{ $1 = toupper($1); print }' ;; *) exec /usr/bin/ssh "$@" ;; esac
SSH
chmod +x bin/ssh
printf 'Port 2222\nInclude cxssh/config\n' | with
it 'sync --check fails for a Port above the Include when ssh -G prints in capital letters' \
	fails_with 1 'Port 2222' env PATH="$work/bin:$PATH" cxssh sync --check

# Lines below the Include that no generated block sets.
printf 'Include cxssh/config\nHost *\n  RemoteCommand tmux\n  RequestTTY yes\n' | with
it 'sync names the line of a RemoteCommand below the Include' warns '~/.ssh/config:3: RemoteCommand tmux applies' cxssh sync
it 'sync names the line of a RequestTTY below the Include' warns '~/.ssh/config:4: RequestTTY ' cxssh sync
while read -r setting effect; do
	printf 'Include cxssh/config\nHost *\n  %s\n' "$setting" | tr '=' ' ' | with
	it "sync names the line of a $setting below the Include" \
		warns "~/.ssh/config:3: ${setting%=*} ${setting#*=} applies to [a-z-]*, too; $effect" cxssh sync
done <<-'END'
	SessionType=none no command runs there
	SessionType=subsystem no command runs there
	StdinNull=yes scp, rsync and git may fail
	PreferredAuthentications=password,keyboard-interactive no key is offered
END
printf 'Include cxssh/config\nHost *\n  RequestTTY no\n  PreferredAuthentications password,publickey\n' | with
it 'sync is silent about lines below the Include that break nothing' silently cxssh sync
printf 'Include cxssh/config\nHost *\n  NoSuchOption 1\n' | with
it 'sync --check gives the reason for which ssh refuses the configuration' \
	fails_with 78 'ssh says: .*line 3.*nosuchoption' cxssh sync --check
cp good "$theirs"
elsewhere() { HOME=/tmp cxssh sync --check; }
it 'sync --check names a HOME by which ssh does not find the Include' \
	fails_with 1 'HOME is /tmp, so ssh does not find' elsewhere

# The shell that starts the ProxyCommand.
cat >loud <<'SHELL'
#!/bin/sh
echo hello from the start file
exec /bin/sh "$@"
SHELL
chmod +x loud; cp loud zsh
it 'sync names the text that the shell prints' warns '/loud -c : prints .hello from the start file., .*; look into' \
	env SHELL="$work/loud" cxssh sync
it 'sync names the start file of zsh' warns 'look into ~/.zshenv' env SHELL="$work/zsh" cxssh sync
printf '#!/bin/sh\necho noise >&2\nexec /bin/sh "$@"\n' >quiet; chmod +x quiet
it 'sync takes a shell that prints on stderr alone' silently env SHELL="$work/quiet" cxssh sync
it 'sync says that SHELL is empty' warns 'SHELL is empty.*; set SHELL to' env SHELL= cxssh sync
it 'sync is content without SHELL' silently env -u SHELL cxssh sync
it 'sync names a shell that refuses to run commands' warns '/bin/false -c : exits with 1' env SHELL=/bin/false cxssh sync

done_testing
