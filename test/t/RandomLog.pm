# Small logs of any content, sound or not, made from a number: the same number
# gives the same log.  They are written byte by byte, here, and hold what PANDA
# writes and much that it never would: a reader must survive it all.
package RandomLog;

use strict;
use warnings;
no warnings 'portable';    # numbers of 64 bits

use Compress::Zlib ();
use Exporter 'import';

our @EXPORT_OK = qw(random_log stripped);

# What the log at hand is like; see random_log().
my %like;

# Numbers of 64 bits that are worth a try.
my @WIDE = (0, 1, 4095, 4096, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
	0x7fffffffffffffff, 0x8000000000000000, 0xffffffff80000000, 0xfffffffffffff001,
	0xfffffffffffffffe, 0xffffffffffffffff);

# What guests call things, and what they would not.
my @NAMES = ('bash', 'cat', 'bash', 'worker', 'ls', '', ' ', 'null', 'a b', 'a,b', '{}', 'q"q', "back\\slash",
	"new\nline", "tab\t", "nul\0nul", "\xff", '\xff', "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
	"cut\xe2\x82", "\xc0\x80", "\xed\xa0\x80", "\x01\x7f", "\xc2\x85", 'x' x 200);
my @LIBRARIES = (['libc', '/lib/libc.so'], ['ld', '/lib/ld.so'], ['bash', '/bin/bash'], ["\xff", '/x'], ['\xff', '/x'], ['', '']);
my @CALLS = qw(sys_read sys_open sys_write sys_exit sys_exit_group sys_execve sys_execveat
  sys_nanosleep sys_clock_nanosleep sys_mmap);

sub chance { return rand() < $_[0] }
sub one_of { return $_[ int rand @_ ] }

# ---------------------------------------------------------------------------
# Wire
# ---------------------------------------------------------------------------

# A number, at times in more bytes than it takes.
sub varint
{
	my ($value) = @_;
	my $bytes = '';

	$value = unpack 'Q', pack 'q', $value if $value < 0;
	while ($value > 0x7f)
	{
		$bytes .= chr($value & 0x7f | 0x80);
		$value >>= 7;
	}
	$bytes .= chr $value;
	if (chance($like{padded}))
	{
		my $more = int rand 11 - length $bytes;
		$bytes = substr($bytes, 0, -1) . chr(0x80 | ord substr $bytes, -1) . "\x80" x ($more - 1) . "\0" if $more;
	}
	return $bytes;
}

# Fields by their number and value; undef makes none.
sub number { return defined $_[1] ? varint($_[0] << 3) . varint($_[1]) : () }
sub bytes { return defined $_[1] ? varint($_[0] << 3 | 2) . varint(length $_[1]) . $_[1] : () }
sub fixed32 { return defined $_[1] ? varint($_[0] << 3 | 5) . pack 'V', $_[1] : () }
sub fixed64 { return defined $_[1] ? varint($_[0] << 3 | 1) . pack 'Q<', $_[1] : () }

# A message of fields: some get lost, come twice, in another order, or among fields
# that nobody knows.
sub message
{
	my @fields = grep { !chance($like{absent}) } @_;

	push @fields, one_of(@fields) if @fields && chance($like{repeated});
	splice @fields, rand(@fields + 1), 0, unknown_field(@{ $like{unknown_numbers} // [] }) if chance($like{unknown});
	@fields = sort { rand() <=> 0.5 } @fields if chance($like{shuffled});
	splice @fields, rand(@fields + 1), 0, malformed_field() if chance($like{malformed});
	return join '', @fields;
}

# A field of a number that the message may have with another type.
sub unknown_field
{
	my $number = one_of(@_ ? @_ : 1 .. 16, 17, 99, 1000, 536870911);
	my $kind = int rand 6;

	# a message may be written as a group, too
	$number = one_of(17, 99, 1000) if $kind == 3;

	return number($number, wide()) if $kind == 0;
	return fixed32($number, int rand 2**32) if $kind == 1;
	return fixed64($number, wide()) if $kind == 2;
	return varint($number << 3 | 3) . number(1, 7) . bytes(2, 'in') . varint($number << 3 | 4) if $kind == 3;
	return bytes($number, one_of('text', '', "\x08\x01", "\xff\xff", "\n", "\xc3\xa9"));
}

# What is no protobuf.
sub malformed_field
{
	return one_of("\x08\xff", "\x08" . "\xff" x 10 . "\1", "\x0a\x7fabc", "\x0d\0\0", "\x0f", "\x0e", "\x00\x01",
		"\x0c", "\x0b\x08\x01", "\x80\x80\x80\x80\x10\x01", "\x0a" . "\xff" x 9 . "\1", "\x09\0\0\0");
}

# ---------------------------------------------------------------------------
# Values
# ---------------------------------------------------------------------------

sub wide { return chance(0.5) ? int rand 1000 : one_of(@WIDE) }

sub pid { return one_of(@{ $like{pids} }) }
sub tid { return chance(0.5) ? pid() : one_of(@{ $like{pids} }) + int rand 3 }

sub create_time
{
	return chance($like{timeless}) ? one_of(0, undef) : one_of(@{ $like{times} });
}

sub asid { return one_of(@{ $like{asids} }) }
sub name { return chance($like{odd_names}) ? one_of(@NAMES) : one_of(@NAMES[ 0 .. 4 ]) }
sub odd { return chance($like{odd_numbers}) }

# The offset now, which goes on.
sub instr
{
	$like{instr} += one_of(0, 0, 1, 1, 10, 100);
	return undef if chance($like{absent});
	return one_of(0, 2**63, ~0 - 64, ~0, $like{instr}) if odd();
	return $like{instr};
}

# A place in the guest, where its program, its libraries or its kernel are.
sub pc
{
	return one_of(undef, ~0, wide()) if odd();
	return chance(0.6) ? one_of(@{ $like{kernel} }) : one_of(@{ $like{bases} }) + int rand 0x3000;
}

# ---------------------------------------------------------------------------
# Messages
# ---------------------------------------------------------------------------

# pid, ppid, tid and create_time, as the fields of these numbers.
sub identity
{
	my %number = @_;
	my %thread = %{ chance($like{strangers}) ? a_thread() : one_of(@{ $like{threads} }) };

	return map { number($number{$_}, $thread{$_}) } grep { $number{$_} } qw(pid ppid tid create_time);
}

sub a_thread
{
	my $pid = pid();
	return {
		pid         => $pid,
		ppid        => chance(0.8) ? pid() : tid(),
		tid         => chance(0.4) ? $pid : tid(),
		create_time => create_time() };
}

sub range
{
	my $start = $like{instr} - int rand 20;
	$start = 0 if $start < 0;
	my @range = ($start, $start + int rand 30);

	$range[ rand 2 ] = one_of(wide(), ~0, undef, 2**63, ~0 - 64) if odd();
	return @range;
}

sub asid_info
{
	my ($start, $end) = range();

	return message(
		number(1, asid()),
		bytes(2, name()),
		number(3, pid()),
		number(4, $start),
		number(5, $end),
		number(6, 1)) if $like{form_2018};

	my @tids = map { tid() } 1 .. one_of(0, 1, 1, 1, 2, 3, 5);
	return message(
		identity(pid => 1, ppid => 3, create_time => 2),
		number(4, asid()),
		map({ bytes(5, name()) } 1 .. one_of(0, 1, 1, 2, 3)),
		tids(@tids),
		number(7, $start),
		number(8, $end),
		chance($like{summary}) ? number(9, 1 + int rand 9) : ());
}

# A list of tids, one field each, or packed, or some of both.
sub tids
{
	my @tids = @_;
	my @packed = chance($like{packed}) ? splice @tids, rand @tids + 1 : ();
	my @fields = map { number(6, $_) } @tids;

	# what is cut off is no list
	my $packed = join '', map { varint($_) } @packed;
	$packed .= "\xff" if chance($like{malformed});
	push @fields, bytes(6, $packed) if length $packed || chance($like{packed} / 10);
	return @fields;
}

sub proc_trace
{
	my ($start) = range();

	return message(
		identity(pid => 1, create_time => 2, ppid => 3, tid => 6),
		number(4, 0),
		bytes(5, name()),
		number(7, $start));
}

sub asid_libraries
{
	my @modules = map { module() } 1 .. int rand 4;

	return message(map { bytes(2, $_) } @modules) if $like{libraries_2020};
	return message(
		bytes(1, name()),
		identity(pid => 2, ppid => 3, create_time => 4, tid => 5),
		map { bytes(6, $_) } @modules);
}

sub module
{
	my $library = one_of(@LIBRARIES);
	my $base = odd() ? wide() : one_of(@{ $like{bases} }) + 0x1000 * int rand 3;

	return message(
		bytes(1, $library->[0]),
		bytes(2, $library->[1]),
		number(3, $base),
		number(4, odd() ? wide() : 0x1000 * (1 + int rand 3)));
}

sub system_call
{
	my $name = chance(0.05) ? name() : $like{is_windows} && chance(0.5) ? one_of('NtClose', 'ZwOpenFile') : one_of(@CALLS);
	my $retval = one_of(0, 0, 0, 3, 3, -2, -4095, -4096, -1073741772, 3221225524, -1216507904, 2**63 - 1);
	$retval = unpack 'Q', pack 'q', $retval;

	return message(
		identity(pid => 1, ppid => 2, tid => 3, create_time => 4),
		number(5, $retval),
		bytes(6, $name),
		map { bytes(7, $like{form_2020} ? old_argument() : argument()) } 1 .. int rand 4);
}

# A number of 32 bits, signed or not, as protobuf has it in 64.
sub signed32 { return unpack 'Q', pack 'q', one_of(0, 1, -1, 2**31 - 1, -2**31, 32767, -32768) }
sub unsigned32 { return one_of(0, 1, 65535, 2**31, 2**32 - 1, 2**32 + 5) }
sub pointer { return odd() ? wide() : one_of(@{ $like{bases} }, @{ $like{kernel} }) }

sub old_argument
{
	my $kind = chance(0.3) ? 2 : 1 + int rand 8;

	return message(
		$kind == 1 ? bytes(1, name())
		: $kind == 2 ? number(2, pointer())
		: $kind == 3 ? number(3, wide())
		: $kind <= 5 ? number($kind, unsigned32())
		: $kind == 6 ? number(6, wide())
		:              number($kind, signed32()));
}

# An argument, or a member of a struct.
sub argument
{
	my ($depth) = (@_, 0);
	my @kinds = map { 2 + int rand($depth < 4 ? 15 : 11) } 1 .. one_of(1, 1, 1, 1, chance($like{mixed}) ? 2 : 1);

	return message(
		$depth && chance(0.3) ? () : bytes(1, chance(0.2) ? 'filename(from fd)' : one_of('fd', 'buf', 'count', name())),
		map { value($_, $depth) } @kinds);
}

sub value
{
	my ($kind, $depth) = @_;

	return bytes(2, name()) if $kind == 2;
	return number(3, pointer()) if $kind == 3;
	return number($kind, wide()) if $kind == 4 || $kind == 7;
	return number($kind, unsigned32()) if $kind == 5 || $kind == 6;
	return number($kind, signed32()) if $kind == 8 || $kind == 9;
	return fixed32(10, one_of(0, 0x80000000, 0x3f800000, 0x7f800000, 0xff800000, 0x7fc00000, 1, 0x7f7fffff, int rand 2**32)) if $kind == 10;
	return fixed64(11, one_of(0, 1 << 63, 0x3ff0000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 1,
			0x3fb999999999999a, 0x4340000000000000, int(rand 2**32) << 32 | int rand 2**32)) if $kind == 11;
	return number(12, one_of(0, 1, 1, 7, 1 << 40)) if $kind == 12;
	return bytes(13, one_of('', '/etc/passwd', "\xff\0", name(), pack 'N', int rand 2**32)) if $kind == 13;
	return () if $kind == 16;
	my @type = chance(0.9) ? bytes(14, one_of('timespec', 'ArrayOfPrimitive', 'iovec', name())) : ();
	return (@type, $kind == 14 && chance(0.3) ? () : struct_data($depth));
}

sub struct_data
{
	my ($depth) = @_;
	return map { bytes(15, message(map { bytes(1, argument($depth + 1)) } 1 .. int rand 4)) } 1 .. (chance($like{repeated}) ? 2 : 1);
}

sub taint_flow
{
	my $form = chance($like{odd_flows}) ? 1 + int rand 4 : 0;
	my @ends = map { flow_end($_) } 1, 2;

	return message(
		(map { bytes($_, $ends[ $_ - 1 ]) } 1, 2),
		number(3, int rand 2),
		(map { number($_, chance(0.2) ? unsigned32() : int rand 100) } 4 .. 7)) if $form == 0;
	return message(
		(map { bytes($_, message(bytes(1, message(identity(pid => 1, ppid => 2, tid => 3, create_time => 4))),
					number(2, pc()), number(3, wide()))) } 1, 2),
		number(3, wide())) if $form == 1;
	return message(
		(map { bytes($_, message(number(1, asid()), number(2, pc()))) } 1, 2),
		map { number($_, wide()) } 3 .. 5) if $form == 2;
	return message(
		number(1, unsigned32()), number(2, 1), fixed32(3, 0x3f800000), bytes(4, name()), number(5, wide())) if $form == 3;
	return message(bytes(1, message(number(2, wide()))));
}

# An end of a flow: field 6, label, is the source's.
sub flow_end
{
	my ($end) = @_;
	my $point = message(
		bytes(1, message(identity(pid => 1, ppid => 2, tid => 3, create_time => 4))),
		number(2, chance(0.8) ? one_of(@{ $like{bases} }) + int rand 0x4000 : pc()));

	return message(
		bytes(1, $point),
		number(2, chance(0.2) ? unsigned32() : 1 + int rand 8),
		number(3, wide()),
		number(4, odd() ? wide() : one_of(undef, map { $like{instr} - int rand 200 } 1 .. 5)),
		number(5, int rand 2),
		$end == 1 ? number(6, unsigned32()) : ());
}

# A payload that feeds no relation of its own but entries.
sub other_payload
{
	my $kind = int rand 11;

	return (map { number($_, wide()) } 6, 7, 8) if $kind == 0;
	return bytes(10, message(map { number(1, wide()) } 1 .. 3)) if $kind == 1;
	return bytes(10, message(bytes(1, join '', map { varint(wide()) } 1 .. 3))) if $kind == 2;
	return bytes(50, message(number(1, signed32()), number(2, 1), bytes(3, name()), bytes(4, name()), number(5, signed32()))) if $kind == 3;
	return bytes(38, message(number(1, wide()), number(2, 2), number(3, 7), number(3, 8), number(4, 1),
			bytes(5, message(number(1, wide()))), bytes(6, message(number(1, 5), number(2, 6))),
			map { bytes(7, message(number(1, wide()), number(2, 1), number(3, 2), bytes(4, message(number(1, 9), number(2, 4))))) } 1 .. 2)) if $kind == 4;
	return bytes(42, message(number(1, asid()), number(3, 4), bytes(5, "\x90\xc3\0"))) if $kind == 5;
	return bytes(41, message(map { bytes(2, message(number(2, wide()), number(2, wide()), number(3, 4))) } 1 .. 2)) if $kind == 6;
	return bytes(70, message(bytes(1, name()), number(2, 8), bytes(3, name()))) if $kind == 7;
	return bytes(41, message(number(1, tid()), number(2, create_time()), map { bytes(3, message(
				(map { bytes(1, message(number(1, wide()), number(2, 4))) } 1 .. 2), number(2, 5))) } 1 .. 2)) if $kind == 8;
	return bytes(59, message(bytes(1, message(bytes(1, message(number(1, pid()))), number(2, wide()))),
			number(2, wide()), number(3, 4), number(4, 1))) if $kind == 9;
	return bytes(110, message(bytes(1, 'malloc'), number(2, wide())));
}

# ---------------------------------------------------------------------------
# Entries and logs
# ---------------------------------------------------------------------------

my %PAYLOADS = (
	asid_info      => sub { bytes(40, asid_info()) },
	syscall        => sub { bytes(58, system_call()) },
	asid_libraries => sub { bytes(5, asid_libraries()) },
	proc_trace     => sub { bytes(103, proc_trace()) },
	taint_flow     => sub { bytes(57, taint_flow()) },
	other          => \&other_payload,
	own_process    => sub { (bytes(4, name()), number(5, pid())) });

sub entry
{
	my @kinds = map { one_of(@{ $like{kinds} }) } 1 .. (chance($like{several}) ? 1 + int rand 3 : 1);
	my @payloads = map { $PAYLOADS{$_}->() } @kinds;

	# fields 4 and 5 show the form of 2016
	local $like{unknown_numbers} = [ 1 .. 3, 6, 9 .. 11, 30, 31, 40, 57, 58, 99, 103, 1000, 536870911 ];
	return message(
		number(1, pc()),
		number(2, instr()),
		chance(0.8) ? number(3, asid()) : (),
		@payloads);
}

# What the log of a number is like: from one that PANDA could have written to
# one that breaks every habit of it.
sub choose
{
	my $wild = one_of(0, 0.2, 1);
	my $is_32bit = chance(0.5);
	my $first_pid = one_of(7, 100, 2**31 - 2, 2**32 - 5);
	my @forms = (
		{}, {}, {}, {},
		{ form_2018 => 1, libraries_2020 => 1 },
		{ form_2020 => 1, libraries_2020 => 1 },
		{ libraries_2020 => 1 },
		{ is_2016 => 1, libraries_2020 => 1 },
		{ form_2020 => 1 },
		{ form_2018 => chance(0.5), form_2020 => chance(0.5), libraries_2020 => chance(0.5) });
	my %form = %{ one_of(@forms) };
	my @usual = $form{is_2016} ? 'own_process' : 'asid_info';
	my @kinds = map { (one_of(@usual, qw(syscall asid_libraries proc_trace taint_flow other))) x (1 + int rand 5) } 1 .. 5;

	@kinds = (@kinds, @usual, 'syscall') if chance(0.6);
	@kinds = grep { $_ ne 'asid_info' } @kinds if chance(0.15) || $form{is_2016} && chance(0.9);
	@kinds = ('proc_trace', 'syscall') if !@kinds || chance(0.05);
	%like = (
		%form,
		kinds  => \@kinds,
		pids   => [ map { $first_pid + $_ } 0 .. one_of(1, 2, 5) ],
		times  => [ one_of([ 5, 10, 20 ], [ 1 .. 8 ], [ 5, 2**63, ~0 ], [ 1000 ]) ]->[0],
		asids  => [ one_of([ 1 .. 30 ], [ 0, 5 ], [ 0x1000, 0x1a2b000, 0x3000000 ], [ 4095, 4096, 1 << 63 | 0x1000, ~0 ], [ 0, 0x5000 ]) ]->[0],
		kernel => $is_32bit ? one_of([ 0xc0001000 ], [ 0x80001000, 0xbfffffff ], [ 0xc0000000, 0xffffffff ])
		: [ 0xffffffff81000000, 1 << 63 ],
		bases  => $is_32bit ? [ 0x8048000, 0xb7700000 ] : [ 0x400000, 0x7f0000000000, chance(0.1) ? ~0 - 0x1fff : () ],
		is_windows  => chance(0.1),
		timeless    => one_of(0, 0, 0.1, 0.5, 1),
		summary     => one_of(0, 0, 0.3, 1),
		packed      => one_of(0, 0.3),
		several     => $wild * 0.15,
		absent      => $wild * one_of(0, 0.05, 0.2),
		repeated    => $wild * 0.1,
		unknown     => $wild * 0.2,
		shuffled    => $wild * 0.3,
		padded      => $wild * 0.1,
		odd_numbers => $wild * one_of(0.05, 0.3),
		odd_names   => one_of(0, 0.5),
		odd_flows   => $wild * 0.3,
		mixed       => $wild * 0.5,
		malformed   => chance(0.2) ? one_of(0.003, 0.02) : 0,
		strangers   => one_of(0.1, 0.5, 1),
		instr       => one_of(0, 0, 50, 2**32 - 50, 2**63 - 100));
	$like{threads} = [ map { a_thread() } 1 .. one_of(2, 4, 6) ];
}

# The log of a seed: its bytes.
sub random_log
{
	my ($seed) = @_;

	srand $seed;
	choose();
	my $count = int one_of(1, 5, 20, 40, 80) * (0.5 + rand);
	my $first = one_of("\x08\0\x10\0", "\x08" . "\xff" x 9 . "\1\x10" . "\xff" x 9 . "\1");
	my $chunk_size = one_of(1, 1, 100, 300, 1000, 4096);
	my @chunks = ([ $first ]);
	my $bytes = 4 + length $first;

	for (1 .. $count)
	{
		my $entry = entry();
		if ($bytes >= $chunk_size)
		{
			push @chunks, [];
			$bytes = 0;
		}
		push @{ $chunks[-1] }, $entry;
		$bytes += 4 + length $entry;
	}
	return image(@chunks);
}

# A log of these chunks, each a list of entries.
sub image
{
	my @chunks = @_;
	my $image = "\0" x 128;
	my $directory = pack 'V', scalar @chunks;

	for my $chunk (@chunks)
	{
		$directory .= pack 'Q<3', int rand 2**32, length $image, scalar @$chunk;
		$image .= Compress::Zlib::compress(join('', map { pack 'V/a', $_ } @$chunk), 9);
	}
	substr $image, 0, 24, pack 'V V Q< V V', 2, int rand 2**32, length $image, 4096, int rand 2**32;
	return $image . $directory;
}

# The log that a PANDA leaves which is killed: no header, no directory.
sub stripped
{
	my ($image) = @_;
	my ($directory) = unpack 'x8 Q<', $image;

	return "\0" x 128 . substr $image, 128, $directory - 128;
}

1;
