#!/bin/sh
# SPDX-License-Identifier: MIT
# open-remote-ssh (VSCodium, Cursor, Windsurf): its rules for words and tokens, on ssh2.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs_npm ssh2 ssh-config
node_connection
# It replaces the first of each token in each word, starts no shell, asks for no host key,
# and tries the identity files and the agent.  User of the configuration wins.
cat >reach <<'JS'
#!/usr/bin/env node
const { Client } = require('ssh2');
const { settings, identity, sock } = require('./connection.js');
const of = settings(process.argv[2]);
const client = new Client();
client.on('error', (error) => { console.error(error.message); process.exit(1); });
client.on('close', () => { console.error('closed'); process.exit(1); });
client.on('ready', () => client.exec('bash', (error, stream) => {
	if (error) throw error;
	stream.pipe(process.stdout);
	stream.on('close', () => process.exit(0));
	stream.end('cat name\n');
}));
client.connect({ sock: sock(of), username: of.User, privateKey: identity(of), readyTimeout: 60000 });
JS
reads_first=1 gives_up=30 checks_no_host_key=1
remark='checks no host key'
battery "open-remote-ssh's rules" "$(npm_version ssh2), $(npm_version ssh-config)"
done_testing
