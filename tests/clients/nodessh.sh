#!/bin/sh
# SPDX-License-Identifier: MIT
# npm's node-ssh.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs_npm node-ssh ssh-config
node_connection
cat >reach <<'JS'
#!/usr/bin/env node
const { NodeSSH } = require('node-ssh');
const { settings, identity, sock, verifier } = require('./connection.js');
const of = settings(process.argv[2]);
const ssh = new NodeSSH();
ssh.connect({ sock: sock(of), username: of.User, privateKey: identity(of).toString(),
	hostVerifier: verifier(of), readyTimeout: 20000 })
	.then(() => ssh.execCommand('cat name'))
	.then((answer) => { console.log(answer.stdout); process.exit(0); })
	.catch((error) => { console.error(error.message); process.exit(1); });
JS
reads_first=1 gives_up=25
battery "npm's node-ssh" "$(npm_version node-ssh)"
done_testing
