#!/bin/sh
# SPDX-License-Identifier: MIT
# npm's ssh2, with ssh-config: the caller reads key and host key and runs the ProxyCommand.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs_npm ssh2 ssh-config
node_connection
cat >reach <<'JS'
const { Client } = require('ssh2');
const { settings, identity, sock, verifier } = require('./connection.js');
const host = process.argv[2], of = settings(host);
const client = new Client();
client.on('error', (error) => { console.error(error.message); process.exit(1); });
client.on('close', () => { console.error('closed'); process.exit(1); });
client.on('ready', () => client.exec('cat name', (error, stream) => {
	if (error) throw error;
	stream.pipe(process.stdout);
	stream.on('close', () => process.exit(0));
}));
client.connect({ sock: sock(of), username: of.User, privateKey: identity(of),
	hostVerifier: verifier(of), readyTimeout: 20000 });
JS
sed -i '1i #!/usr/bin/env node' reach
reads_first=1 gives_up=25
battery "npm's ssh2, ssh-config" "$(npm_version ssh2), $(npm_version ssh-config)"
done_testing
