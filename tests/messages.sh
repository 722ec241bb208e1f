#!/bin/sh
# SPDX-License-Identifier: MIT
# src/doc/messages.md says what the programs say: its words, commands and exit statuses
# are those of the source, and it has each message that a connection can fail with.
set -u
cd "$(dirname "$0")/.." || exit 1
exec perl - "${1:-src/doc/messages.md}" <<'END'
use strict;
use warnings;

my %number = (EX_OK => 0, EX_USAGE => 64, EX_NOINPUT => 66, EX_UNAVAILABLE => 69, EX_SOFTWARE => 70,
	EX_IOERR => 74, EX_TEMPFAIL => 75, EX_NOPERM => 77, EX_CONFIG => 78);
my (%status, @texts, @failures);

# Every text of the source, and those of error_set() with their exit status.  What is
# formatted becomes a mark.
sub unformat {
	my $text = join '', $_[0] =~ /"((?:[^"\\]|\\.)*)"/g;
	$text =~ s/\\(.)/$1/g;
	$text =~ s/%[-+ 0-9.*]*(?:z|l|ll)?[a-zA-Z]|%$/\0/g;
	return $text;
}
for my $file (glob('src/*.c src/*/*.[ch]')) {
	open my $in, '<', $file or die;
	my $source = do { local $/; <$in> };
	$status{$1} = $number{$2} while $source =~ /\[(ERROR_\w+)\]\s*=\s*(EX_\w+)/g;
	my $word = qr/"(?:[^"\\]|\\.)*"/;
	push @texts, unformat($1) while $source =~ /((?:$word\s*(?:PRI\w+\s*)?)+)/g;
	push @failures, [$1, unformat($2), $file]
		while $source =~ /error_(?:set|errno)\([^,]*,\s*(ERROR_\w+),\s*((?:$word\s*(?:PRI\w+\s*)?)+)/g;
}

# The pieces of words between placeholders that are long enough to mean something.
sub pieces { grep { length > 5 } split /<[^>]*>/, $_[0] }
sub complaint {
	my ($words, $step, $code) = @_;
	my @pieces = pieces($words);
	return "no words between placeholders" unless @pieces;
	for my $piece (@pieces) {
		return "\"$piece\" is not in the source" unless grep { index($_, $piece) >= 0 } @texts;
	}
	my ($command) = $step =~ /`((?:cxssh|ssh-add|chmod|puttygen|gateway-transport)[^`<]*)`/;
	return "\"$command\" is not in the source"
		if defined $command && !grep { index($_, $command) >= 0 } @texts;
	my ($longest) = sort { length $b <=> length $a } @pieces;
	my @codes = map { $status{ $_->[0] } } grep { index($_->[1], $longest) >= 0 } @failures;
	return "the exit status is @codes" if $code ne '' && @codes && !grep { $_ == $code } @codes;
	return '';
}

my ($n, $failed) = (0, 0);
sub ok {
	my ($good, $what) = @_;
	printf "%s %d - %s\n", $good ? 'ok' : 'not ok', ++$n, $what;
	$failed ||= !$good;
}
open my $page, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
my $rows = 0;
while (<$page>) {
	my (undef, $situation, $words, $step, $code) = split /\s*\|\s*/;
	next unless defined $code && $words =~ /^`(.*)`$/;
	my $wrong = complaint($1, $step, $code);
	print "# line $.: $wrong\n" if $wrong ne '';
	ok($wrong eq '', "the message for \"$situation\" is said so by the source");
	$rows++;
}
ok($rows > 20, 'the page has rows');

# The other way round: what a user can meet while a host is connected to.  The page may
# have the words in one piece or another.
my $of_a_connection = qr{^src/(connect|prepare|net|broker|bastion|cloud66|http|route|keys|hostkey)/};
my %internal = map { $_ => 1 } ('not a failure', 'not a route'); # damaged files of the cache
sub longest_piece {
	my ($longest) = sort { length $b <=> length $a } split /\0/, $_[0];
	$longest //= '';
	$longest =~ s/^[:;, ]+|[:;,( >]+$//g;
	return $longest;
}
sub missing_from { # the page's text
	my ($page) = @_;
	$page =~ s/<[^>]*>/\0/g;
	return grep { length > 5 && !$internal{$_} && index($page, $_) < 0 }
		map { longest_piece($_->[1]) }
		grep { $_->[2] =~ $of_a_connection && $_->[0] !~ /INTERNAL|USAGE/ } @failures;
}
open $page, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
my $text = do { local $/; <$page> };
my @missing = missing_from($text);
print "# not on the page: $_\n" for @missing;
ok(!@missing, 'the page has each message that a connection can fail with');
ok(missing_from($text =~ s/the preparations took too long//gr), 'a message that is not on the page is found');
ok(complaint('<x> never said by anything', '', 69) ne '' && complaint('<host> is gone from its stack', '', 70) ne '',
	'words and an exit status that the source does not have are found');
print "1..$n\n";
exit $failed;
END
