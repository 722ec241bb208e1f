#!/bin/sh
# SPDX-License-Identifier: MIT
# src/doc/messages.md says what the programs say: its words, commands and exit statuses
# are those of the source, and it has each message that a user can meet.
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
	$text =~ s/\\[rn]|\\033\[K|^cxssh: (?:warning: )?//g;
	$text =~ s/\\(.)/$1/g;
	$text =~ s/%[-+ 0-9.*]*(?:z|l|ll)?[a-zA-Z]|%$/\0/g;
	$text =~ s/%%/%/g;
	return $text;
}
for my $file (glob('src/*.c src/*/*.[ch]')) {
	open my $in, '<', $file or die;
	my $source = do { local $/; <$in> };
	$status{$1} = $number{$2} while $source =~ /\[(ERROR_\w+)\]\s*=\s*(EX_\w+)/g;
	my $word = qr/"(?:[^"\\]|\\.)*"/;
	$source =~ s/manual_named\("[^"]*"\)/manual/g;
	$source =~ s/"\s*PRI\w+\s*"/d/g;
	$source =~ s/"\s*PRI\w+/d"/g;
	push @texts, unformat($1) while $source =~ /((?:$word\s*)+)/g;
	push @failures, [$1, unformat($2), $file]
		while $source =~ /error_(?:set|errno)\([^,]*,\s*(ERROR_\w+),\s*((?:$word\s*)+)/g;
	push @failures, ['ERROR_USAGE', unformat($1), $file]
		while $source =~ /options_error\([^"]{0,40},\s*((?:$word\s*)+)/g;
	push @failures, ['', unformat($1), $file]
		while $source =~ /(?:log_warning\(|fprintf\(stderr,)\s*((?:$word\s*)+)/g;
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
	my @codes = map { $status{ $_->[0] } } grep { $_->[0] ne '' && index($_->[1], $longest) >= 0 } @failures;
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

# The other way round: what a user can meet.  The page may have the words in one piece or
# another.  Some words are of the cache's files, which are written anew, or of a line that
# is made elsewhere.
my %internal = map { $_ => 1 } ('not a failure', 'not a route', 'not as it was written',
	'not the name of a target', 'no such field', 'succeeded', '] cxssh');
sub longest_piece {
	my ($longest) = sort { length $b <=> length $a } split /\0/, $_[0] =~ s/; run: cxssh.*//r;
	$longest //= '';
	$longest =~ s/^[:;, ]+|[:;,( >]+$//g;
	return $longest;
}
sub missing_from { # the page's text
	my ($page) = @_;
	$page =~ s/<[^>]*>/\0/g;
	return grep { length > 5 && !$internal{$_} && index($page, $_) < 0 }
		map { longest_piece($_->[1]) }
		grep { $_->[0] !~ /INTERNAL/ } @failures;
}
open $page, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
my $text = do { local $/; <$page> };
my @missing = missing_from($text);
print "# not on the page: $_\n" for @missing;
ok(!@missing, 'the page has each message that a user can meet');
my @long = grep { length > 150 } map { $_->[1] =~ s/\0//gr } grep { $_->[0] !~ /INTERNAL/ } @failures;
print "# longer than 150 characters: $_\n" for @long;
ok(!@long, 'the words of a message are at most 150 characters');
for my $words ('the preparations took too long', 'no stack given: add -s APP', 'needs a value, ', 'has no locks') {
	ok(missing_from($text =~ s/\Q$words\E//gr), "a message that is not on the page is found: $words");
}
ok(complaint('<x> never said by anything', '', 69) ne '' && complaint('<host> is gone from its stack', '', 70) ne '',
	'words and an exit status that the source does not have are found');
print "1..$n\n";
exit $failed;
END
