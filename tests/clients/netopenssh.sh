#!/bin/sh
# SPDX-License-Identifier: MIT
# Perl's Net::OpenSSH, which starts a master of its own, and Net::SFTP::Foreign.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs_perl() { perl "-M$1" -e 1 2>/dev/null || missing "Perl's $1"; }
needs_perl Net::OpenSSH
needs_perl Net::SFTP::Foreign
perl_version() { version_of perl "-M$1" -e "print \$$1::VERSION"; }
mkdir -m 700 control
cat >reach <<'PERL'
#!/usr/bin/perl
use Net::OpenSSH;
my $ssh = Net::OpenSSH->new($ARGV[0], timeout => 20, ctl_dir => "$ENV{SANDBOX}/work/control");
die $ssh->error if $ssh->error;
print $ssh->capture("cat name");
PERL
battery "Perl's Net::OpenSSH" "$(perl_version Net::OpenSSH)"

cat >reach <<'PERL'
#!/usr/bin/perl
use Net::SFTP::Foreign;
my $sftp = Net::SFTP::Foreign->new($ARGV[0], timeout => 20);
die $sftp->error if $sftp->error;
print $sftp->get_content("name");
PERL
battery "Perl's Net::SFTP::Foreign" "$(perl_version Net::SFTP::Foreign)"
done_testing
