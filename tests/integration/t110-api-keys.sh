#!/bin/sh
# SPDX-License-Identifier: MIT
# Keys as the API may give them, and key files in ~/.ssh that are no keys.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
SANDBOX_OPTIONS='--hosts lion'
. "$(dirname "$0")/../lib.sh"

cxssh sync --yes >/dev/null
given=$SANDBOX/keys/myapp
cp "$given" good
stack=609b30031d56fd640ba7f43b1657495b
key=$HOME/.ssh/cx_$stack
works() { is lion quietly within 20 ssh myapp-lion hostname; }
same_key() { ssh-keygen -y -P '' -f "$key" >one && ssh-keygen -y -P '' -f good >two && cmp one two; }
gives() { # SHELL-FILTER: the API gives the key through it
	sh -c "$1" <good >"$given"
	rm -f "$key" "$HOME/.cache/cxssh/failed/"*
}

# What can be undone.
gives "sed 's/\$/\\r/'"
it 'cxssh takes a key with CR LF' works
it 'cxssh writes a key with CR LF as ssh takes it' same_key
gives "sed 's/^/  /'"
it 'cxssh takes a key with blanks in front of its lines' works
it 'cxssh writes a key with blanks as ssh takes it' same_key
gives "tr '\\n' '~' | sed 's/~/\\\\n/g'"
it 'the API now gives the two characters \n' grep -q '\\n' "$given"
it 'cxssh takes a key with the two characters \n for each line end' works
it 'cxssh writes a key of one line as ssh takes it' same_key
gives "{ echo 'Bag Attributes'; cat; echo; echo bye; }"
it 'cxssh takes a key with text around it' works
ssh-keygen -q -p -N '' -P '' -f good # openssh-key-v1
gives "sed 's/\$/\\r/'"
it 'cxssh takes a key of the form openssh-key-v1 with CR LF' works
cp "$SANDBOX/keys/myapp" crlf

# What is no private key.
refuses() { # SHELL-FILTER
	gives "$1"
	fails_with 255 'ssh key: what the API gives for the server is not a private key' \
		within 20 ssh myapp-lion true && [ ! -e "$key" ]
}
it 'cxssh refuses a public key' refuses 'ssh-keygen -e -m PKCS8 -f good'
it 'cxssh refuses a certificate' refuses 'printf "%s\n" "-----BEGIN CERTIFICATE-----" MAA= "-----END CERTIFICATE-----"'
it 'cxssh refuses 60 KB of A' refuses 'head -c 61440 /dev/zero | tr "\0" A'
it 'cxssh refuses half a key' refuses 'head -n 5'
it 'cxssh refuses a key that was cut off inside' refuses 'sed 3,5d'
it 'cxssh refuses words' refuses 'echo hello'
before=$(api_calls 'GET .*include_private_key')
it 'cxssh refuses words once more' refuses 'echo hello'
it 'cxssh asks once for a key that is none' is $((before + 1)) api_calls 'GET .*include_private_key'
gives cat
it 'cxssh takes the key of the API when it is one again' works

# A file that is no key is fetched anew.
fetched_anew() { # SHELL-FILTER of the file
	sh -c "$1" <good >"$key.new" && chmod 600 "$key.new" && mv "$key.new" "$key"
	works && same_key
}
it 'cxssh fetches a key anew where the file is junk' fetched_anew 'echo junk'
it 'cxssh fetches a key anew where the file is empty' fetched_anew 'cat >/dev/null'
it 'cxssh fetches a key anew where the file is half a key' fetched_anew 'head -n 5'
it 'cxssh fetches a key anew where the file lost lines' fetched_anew 'sed 3,5d'
it 'cxssh fetches a key anew where the file has CR LF' fetched_anew "sed 's/\$/\\r/'"
it 'cxssh fetches a key anew where the file is a public key' fetched_anew 'ssh-keygen -y -f good'
rm -f "$key"; mkfifo -m 600 "$key"
it 'cxssh prepare fetches a key anew where the file is a FIFO, and does not wait for it' \
	within 20 cxssh prepare myapp-lion
it 'ssh uses the key that cxssh prepare fetched' works
rm -f "$key"; mkfifo -m 600 "$key"
# OpenSSH from 10.5 on opens the file before it starts the ProxyCommand, and waits itself.
timeout 3 ssh -F none -o IdentityFile="$key" -o ProxyCommand="touch $work/started; false" none true 2>/dev/null
if [ -e started ]; then
	it 'cxssh fetches a key anew where the file is a FIFO, and does not wait for it' works
else
	cxssh prepare myapp-lion >/dev/null
fi
before=$(api_calls 'GET .*include_private_key')
it 'cxssh connects with a whole key' works
it 'cxssh fetches no key where the file is one' is "$before" api_calls 'GET .*include_private_key'
it 'cxssh leaves no process' wait_for no_leftovers
done_testing
