#!/bin/sh
# SPDX-License-Identifier: MIT
# net-scp, which copies files by net-ssh.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs_ruby net/scp
cat >reach <<'RUBY'
#!/usr/bin/env ruby
require 'net/scp'
puts Net::SCP.download!(ARGV[0], nil, 'name', nil, ssh: { timeout: 15, non_interactive: true })
RUBY
reads_first=1
battery net-scp "$(version_of dpkg-query -Wf '${Version}' ruby-net-scp)"
done_testing
