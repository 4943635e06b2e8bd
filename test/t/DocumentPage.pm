# A page of the documentation, as what a reader would do with it: blocks of
# commands, in order, each with the output that the page shows.
#
# A block of sh or sql is a command.  A block of no language, with nothing but
# blank lines between, is the output of the command before it.  Any other block,
# and a command that is not run, has a comment before it that says why:
#
#     <!-- not run: the reason -->
#
# In an output, " ..." at the end of a line stands for the rest of it.
#
# A table after a comment like this one is made from the database:
#
#     <!-- from the database: settings -->
package DocumentPage;

use strict;
use warnings;

# Read a page.  Each of its blocks has the line that it begins at, its language,
# its text, the reason why it is not run, and the output, if one is shown.  The rows of
# its tables from the database are in "tables".  Faults of the page itself are in "faults".
sub new
{
	my ($class, $path) = @_;
	my $self = bless { path => $path, blocks => [], faults => [], tables => [], files => [], links => [], anchors => {} }, $class;
	my ($block, $reason);
	my $adjacent = 0;

	open my $file, '<', $path or die "could not open $path: $!";
	while (my $line = <$file>)
	{
		chomp $line;
		if ($block)
		{
			if ($line eq '```')
			{
				$self->_end_block($block, $adjacent);
				$block    = undef;
				$adjacent = 1;
			}
			else
			{
				push @{ $block->{lines} }, $line;
			}
		}
		elsif ($line eq '' && @{ $self->{tables} } && !$self->{tables}[-1]{end})
		{
			$self->{tables}[-1]{end} = $.;
		}
		elsif ($line =~ /\A```(\S*)\z/)
		{
			$block  = { line => $., language => $1, lines => [], reason => $reason };
			$reason = undef;
		}
		elsif ($line =~ /\A<!-- not run: (.+) -->\z/)
		{
			$reason   = $1;
			$adjacent = 0;
		}
		elsif ($line =~ /\A<!-- from the database: (.+) -->\z/)
		{
			push @{ $self->{tables} }, { name => $1, line => $., rows => [] };
			$adjacent = 0;
		}
		elsif ($line =~ /\A\|/ && $self->{tables}[-1] && !$self->{tables}[-1]{end})
		{
			my $table = $self->{tables}[-1];
			# below the heading
			push @{ $table->{rows} }, $line if $. > $table->{line} + 2;
			$self->_note_text($line);
		}
		elsif ($line ne '')
		{
			push @{ $self->{faults} }, "line $.: a block must not be indented" if $line =~ /\A\s+```/;
			push @{ $self->{faults} }, "line $.: no block follows the reason"  if defined $reason;
			$self->_note_text($line);
			$reason   = undef;
			$adjacent = 0;
		}
	}
	push @{ $self->{faults} }, 'a block does not end' if $block;
	return $self;
}

sub _end_block
{
	my ($self, $block, $adjacent) = @_;
	my $before = $self->{blocks}[-1];

	$block->{end} = $.;
	if ($block->{language} eq '' && $adjacent && !defined $block->{reason} &&
		$before && !defined $before->{reason} && !$before->{output})
	{
		$before->{output} = $block;
		return;
	}
	push @{ $self->{faults} }, "line $block->{line}: neither run nor said why not"
	  if !defined $block->{reason} && $block->{language} !~ /\A(?:sh|sql)\z/;
	push @{ $self->{blocks} }, $block;
}

# Headings that links may lead to, links, and names of files of the sources.
sub _note_text
{
	my ($self, $line) = @_;

	if ($line =~ /\A#+ (.*)/)
	{
		my $anchor = lc($1) =~ s/[^\w\- ]//gr =~ tr/ /-/r;
		$self->{anchors}{$anchor} = 1;
	}
	push @{ $self->{files} }, $1 while $line =~ m{`((?:doc|examples|expected|pe|proto|sql|src|test)/(?!fuzz/build)[\w./]*)`}g;
	push @{ $self->{links} }, $1 while $line =~ /\]\((?!https?:)([^)\s]+)\)/g;
}

# The page's text, with the rows that its tables should have and with other outputs:
# a hash of the output for the block that begins at a line.
sub with_contents
{
	my ($self, $outputs) = @_;
	my @lines = do { open my $file, '<', $self->{path} or die; <$file> };
	my @parts;

	for my $block (grep { $_->{output} } @{ $self->{blocks} })
	{
		my $output = $block->{output};
		next if !defined $outputs->{ $block->{line} } || grep { / \.\.\.$/ } @{ $output->{lines} };
		push @parts, [ $output->{line}, scalar @{ $output->{lines} }, "$outputs->{ $block->{line} }\n" ];
	}
	for my $table (grep { $_->{expected} } @{ $self->{tables} })
	{
		push @parts, [ $table->{line} + 2, scalar @{ $table->{rows} }, map { "$_\n" } @{ $table->{expected} } ];
	}
	for my $part (sort { $b->[0] <=> $a->[0] } @parts)
	{
		my ($line, $count, @new) = @$part;
		splice @lines, $line, $count, @new;
	}
	return join '', @lines;
}

1;
