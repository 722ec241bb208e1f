#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh key upload: the account gets the user's own public key.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
# shellcheck disable=SC2088 # shown like that
test_timeout=120
SANDBOX_OPTIONS='--hosts newt --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
command -v script >/dev/null || skip_all 'no script(1)'

config=$HOME/.config/cxssh/config
uploaded() { # the key of the account, without its comment
	curl -sk -H "Authorization: Bearer $(sed -n 's/.*"access_token": *"\([^"]*\)".*/\1/p;s/.*"AccessToken":"\([^"]*\)".*/\1/p' "$HOME"/.cloud66/*.json | head -n 1)" \
		https://app.cloud66.test/api/3/ssh_keys/access.json |
		sed -n 's/.*"public_key": *"\([^ "]* [^ "]*\).*/\1/p'
}
half() { cut -d ' ' -f 1,2 "$1"; }
cxssh sync --yes >/dev/null
cp "$HOME/.ssh/id_ed25519" id.was; cp "$HOME/.ssh/id_ed25519.pub" id.was.pub # newt knows it
rm -f "$HOME"/.ssh/id_*

it 'without a key and without a terminal the tool is named' \
	fails_with 78 'there is no ssh key; run: ssh-keygen -t ed25519' cxssh key upload
on_terminal() { # ANSWERS COMMAND...
	_answers=$1; shift
	{ sleep 1; printf '%b' "$_answers"; sleep 2; } | within 20 script -qefc "$*" shown >/dev/null 2>&1
}
on_terminal 'n\n' cxssh key upload
it 'a no makes no key' test ! -e "$HOME/.ssh/id_ed25519"
printf '#!/bin/sh\necho\n' >askpass; chmod 700 askpass # no passphrase
SSH_ASKPASS=$work/askpass SSH_ASKPASS_REQUIRE=force
export SSH_ASKPASS SSH_ASKPASS_REQUIRE
on_terminal '\n' cxssh key upload
it 'a yes makes an ed25519 key by ssh-keygen, and uploads it' \
	grep -q 'the account has this key now: ssh-ed25519 SHA256:' shown
it 'the public half is what the account has' is "$(half "$HOME/.ssh/id_ed25519.pub")" uploaded
it 'identity is set to it' grep -qx 'identity = ~/.ssh/id_ed25519' "$config"
it 'ssh is told of it' sh -c 'ssh -G solo-newt | grep -q "^identityfile .*/\.ssh/id_ed25519$"'
it 'late servers are named' grep -q 'offline or behind a bastion get it later' shown

mv id.was "$HOME/.ssh/work"; mv id.was.pub "$HOME/.ssh/work.pub"
sed -i '1i# mine' "$config"
it 'another key of the account is shown, and stays' fails_with 78 \
	'the account has another key, and holds one for a user; run: cxssh key upload --replace' cxssh key upload "$HOME/.ssh/work"
cxssh key upload "$HOME/.ssh/work" >another 2>/dev/null
it 'the key that the account has is named with its fingerprint' grep -q "^the account has another key: ssh-ed25519 $(ssh-keygen -lf "$HOME/.ssh/id_ed25519.pub" | cut -d ' ' -f 2)" another
it 'the public key is still uploaded' is "$(half "$HOME/.ssh/id_ed25519.pub")" uploaded
on_terminal 'n\n' cxssh key upload "$HOME/.ssh/work"
it 'a typed no leaves it' is "$(half "$HOME/.ssh/id_ed25519.pub")" uploaded
it '--replace replaces it' prints 'the account has this key now' cxssh key upload --replace "$HOME/.ssh/work.pub"
it 'the account has the new one' is "$(half "$HOME/.ssh/work.pub")" uploaded
it 'identity follows, and the other lines stay' is "# mine
identity = ~/.ssh/work" cat "$config"
it 'a second time there is nothing to replace' prints 'the account has this key: ssh-ed25519 SHA256:' cxssh key upload
it 'the server is reached by it' is newt within 20 ssh solo-newt hostname
rm "$HOME/.ssh/work.pub"
it 'the public half of a private key is found without its file' prints 'the account has this key: ' cxssh key upload "$HOME/.ssh/work"
it 'a file that is not there is named' fails_with 66 'there is no file nowhere' cxssh key upload nowhere
echo hello >hello; chmod 600 hello
it 'what is no key is refused' fails_with 78 '' cxssh key upload "$work/hello"
had=$(uploaded)
printf 'ssh-ed25519 AAAA cut off\n' >cut.pub
printf 'ssh-ed25519 \n' >none.pub
head -c 60 "$HOME/.ssh/id_ed25519.pub" >half.pub
printf 'restrict,command="x" %s\n' "$(cat "$HOME/.ssh/id_ed25519.pub")" >options.pub
for file in cut none half options; do
	it "a public key that is not whole is refused ($file)" \
		fails_with 78 "$file.pub is no whole public key" cxssh key upload --replace "$work/$file.pub"
done
it 'the account keeps its key then' is "$had" uploaded
it 'identity stays then, too' grep -qx 'identity = ~/.ssh/work' "$config"
ssh-keygen -q -t ed25519 -N '' -f alone && mv alone alone.private
it 'a public key whose private half is not here is taken with a warning' \
	sh -c 'cxssh key upload --replace alone.pub >shown 2>&1; cat shown >&2; grep -q "warning: the private half of .*alone.pub is neither beside it nor in ssh-agent" shown'
eval "$(ssh-agent -a "$work/agent.sock")" >/dev/null; mv alone.private alone; chmod 600 alone; ssh-add -q alone; rm alone
it 'where ssh-agent has the private half there is no warning' quietly cxssh key upload --replace alone.pub
kill "$SSH_AGENT_PID"; unset SSH_AUTH_SOCK SSH_AGENT_PID
cxssh key upload --replace "$HOME/.ssh/work" >/dev/null
ssh-keygen -q -t ed25519 -N '' -f 'my key'
asked=$(api_calls 'P[OU][ST]T* .*access')
it 'a key whose path ssh_config cannot name is refused' \
	fails_with 78 'its key file .*/my key has " " in its path' cxssh key upload --replace 'my key'
it 'the key of the account stays then' is "$asked" api_calls 'P[OU][ST]T* .*access'
it 'the configuration stays, too' sh -c '! grep -q "my key" "$HOME/.config/cxssh/config"'
fault 'POST /ssh_keys* status 403'
it 'a missing right is said so' fails_with 77 'not allowed with this token' cxssh key upload --replace "$HOME/.ssh/id_ed25519"
no_faults
it 'identity stays then' grep -qx 'identity = ~/.ssh/work' "$config"

# A file of identity that ssh cannot use.
named() { # VERDICT TEXT: of the check "key"
	cxssh doctor solo-newt >shown
	cat shown >&2
	grep -q "^$1 *key  *$2" shown
}
it "doctor has the user's own key" named pass '~/.ssh/work, your own: the API has none for this server'
chmod 644 "$HOME/.ssh/work"
it 'doctor names an own key that other users can read' named fail 'the key ~/.ssh/work can be read or changed by others'
chmod 600 "$HOME/.ssh/work"; cp "$HOME/.ssh/work" kept; echo junk >"$HOME/.ssh/work"
it 'doctor names an own key file that is no key' named fail '~/.ssh/work is no whole private key'
mv kept "$HOME/.ssh/work"
sed -i 's,^identity = .*,identity = ~/.ssh/gone,' "$config"
it 'doctor names an own key file that does not exist' named fail 'identity is ~/.ssh/gone, and there is no such file'
it 'sync warns of it' sh -c "cxssh sync 2>&1 | grep 'warning: identity is ~/.ssh/gone, and there is no such file'"
ssh-keygen -y -f "$HOME/.ssh/work" >"$HOME/.ssh/gone.pub"
it 'sync takes a public half alone, as ssh does' quietly cxssh sync
done_testing
