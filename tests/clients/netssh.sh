#!/bin/sh
# SPDX-License-Identifier: MIT
# net-ssh, Ruby's own, which Capistrano, Chef and Vagrant use.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs_ruby net/ssh
cat >reach <<'RUBY'
#!/usr/bin/env ruby
require 'net/ssh'
Net::SSH.start(ARGV[0], nil, timeout: 15, non_interactive: true) { |ssh| puts ssh.exec!('cat name') }
RUBY
reads_first=1
battery net-ssh "$(version_of ruby -rnet/ssh -e 'puts Net::SSH::Version::STRING')"
done_testing
