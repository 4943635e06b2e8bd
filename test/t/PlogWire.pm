# Entries of any bytes: protobuf packed by hand, and logs written of it by
# test/writer/plog_write.
package PlogWire;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter 'import';
use File::Basename qw(dirname);
use IPC::Run;

our @EXPORT = qw(varint number fixed32 fixed64 bytes group write_raw_log);

my $plog_write = abs_path(dirname(__FILE__) . '/../writer') . '/plog_write';

# A number of 64 bits, as protobuf packs it.
sub varint
{
	my ($value) = @_;
	my $rest   = $value < 0 ? unpack('Q', pack 'q', $value) : $value;
	my $packed = '';

	for (; $rest > 0x7f; $rest >>= 7)
	{
		$packed .= chr($rest & 0x7f | 0x80);
	}
	return $packed . chr $rest;
}

# Fields, by their number and value.
sub number  { return varint($_[0] << 3) . varint($_[1]) }
sub fixed64 { return varint($_[0] << 3 | 1) . pack 'Q<', $_[1] }
sub bytes   { return varint($_[0] << 3 | 2) . varint(length $_[1]) . $_[1] }
sub group   { return varint($_[0] << 3 | 3) . $_[1] . varint($_[0] << 3 | 4) }
sub fixed32 { return varint($_[0] << 3 | 5) . pack 'V', $_[1] }

# Write a log whose entries, after the writer's first, are just these bytes.
sub write_raw_log
{
	my ($path, @bodies) = @_;
	my $lines = join '', "{}\n", map { qq({"raw": ") . unpack('H*', $_) . qq("}\n) } @bodies;

	IPC::Run::run([ $plog_write, '-o', $path ], '<', \$lines)
	  or die "could not write $path";
}

1;
