#!/bin/sh
# SPDX-License-Identifier: MIT
# SSHKit, which Capistrano runs its commands by.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs_ruby sshkit
cat >reach <<'RUBY'
#!/usr/bin/env ruby
require 'sshkit'
require 'sshkit/dsl'
include SSHKit::DSL
SSHKit.config.output_verbosity = :error
SSHKit::Backend::Netssh.configure { |ssh| ssh.ssh_options = { timeout: 15, non_interactive: true } }
on(ARGV[0]) { puts capture(:cat, 'name') }
RUBY
reads_first=1
battery SSHKit "$(version_of dpkg-query -Wf '${Version}' ruby-sshkit)"
done_testing
