# A session of psql that stays open: it runs statements and says how long each
# took.
package PsqlSession;

use strict;
use warnings;

use IO::Select;
use IPC::Open2;
use Time::HiRes qw(sleep);

my $END = '-- end of answer --';

# Whether the time that counts is not the clock's but the processor's.
my $by_cpu = ($ENV{CLOCK} // '') eq 'cpu';

# How often the memory of a watched session is looked at, in seconds.
my $WATCH_INTERVAL = 0.005;

# Connect, as the environment says. Every statement of settings is run first.
sub new
{
	my ($class, @settings) = @_;
	my $self = bless {}, $class;

	$self->{pid} = open2($self->{out}, $self->{in}, 'sh', '-c',
		"exec psql -X -A -t -F '\t' -v ON_ERROR_STOP=1 2>&1");
	$self->{buffer} = '';
	$self->send("\\timing on\n\\echo $END\n");
	$self->receive("connecting");
	$self->{backend} = $self->answer('SELECT pg_backend_pid()');
	$self->run($_) for @settings;
	return $self;
}

# Run a statement. Returns the seconds it took and what it answered.
sub run
{
	my ($self, $sql) = @_;
	my $profiler = $self->{profile} ? $self->start_profiler : undef;
	my $start    = $self->cpu_seconds;

	$self->send("$sql;\n\\echo $END\n");
	my $text = $self->receive($sql);
	stop_profiler($profiler) if $profiler;

	$text =~ s/^Time: ([\d.]+) ms.*\n//m or die "psql did not time: $sql\n$text";
	my $seconds = defined $start ? $self->cpu_seconds - $start : $1 / 1000;
	chomp $text;
	return ($seconds, $text);
}

# What a statement answers.
sub answer
{
	my ($self, $sql) = @_;
	my (undef, $text) = $self->run($sql);
	return $text;
}

# The lines that a statement answers, its rows with a tab between columns.
sub lines
{
	my ($self, $sql) = @_;
	return split /\n/, $self->answer($sql);
}

# From now on, keep an eye on the memory of the server's process.
sub watch
{
	my ($self) = @_;
	$self->{peak} = 0;
	return $self;
}

# The most private memory that was seen, in bytes: what it has allocated, and
# what it has written to of that inherited from the postmaster.
sub peak
{
	my ($self) = @_;
	return $self->{peak};
}

# From now on, record with perf what the server's process does, into a file.
sub profile
{
	my ($self, $file) = @_;
	$self->{profile} = $file;
	return $self;
}

sub finish
{
	my ($self) = @_;
	close $self->{in};
	close $self->{out};
	waitpid $self->{pid}, 0;
}

sub send
{
	my ($self, $text) = @_;
	print { $self->{in} } $text;
	$self->{in}->flush;
}

# What psql prints until the end of the answer.
sub receive
{
	my ($self, $sql) = @_;
	my $select  = IO::Select->new($self->{out});
	my $timeout = defined $self->{peak} ? $WATCH_INTERVAL : undef;
	my $length;

	while (($length = index $self->{buffer}, "$END\n") < 0)
	{
		$self->look_at_memory if defined $self->{peak};
		next unless $select->can_read($timeout);
		sysread($self->{out}, $self->{buffer}, 65536, length $self->{buffer})
		  or die "$sql failed:\n$self->{buffer}";
	}
	my $text = substr $self->{buffer}, 0, $length;
	$self->{buffer} = substr $self->{buffer}, $length + length "$END\n";
	return $text;
}

# For how long the server's process has been running, if that is what counts.
sub cpu_seconds
{
	my ($self) = @_;
	return undef if !$by_cpu || !$self->{backend};
	my $file = "/proc/$self->{backend}/schedstat";

	open my $schedstat, '<', $file or die "could not read $file: $!";
	my ($nanoseconds) = split / /, <$schedstat>;
	return $nanoseconds / 1e9;
}

sub look_at_memory
{
	my ($self) = @_;

	open my $status, '<', "/proc/$self->{backend}/status" or return;
	while (<$status>)
	{
		next unless /^RssAnon:\s*(\d+) kB/;
		$self->{peak} = $1 * 1024 if $1 * 1024 > $self->{peak};
	}
	close $status;
}

# perf needs a moment until it has attached itself.
sub start_profiler
{
	my ($self) = @_;
	my $pid = fork // die "could not fork: $!";

	if ($pid == 0)
	{
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', '/dev/null';
		exec 'perf', 'record', '-q', '-F', 999, '-g', '-o', $self->{profile}, '-p',
		  $self->{backend}
		  or exit 127;
	}
	sleep 0.5;
	return $pid;
}

sub stop_profiler
{
	my ($pid) = @_;
	kill 'INT', $pid;
	waitpid $pid, 0;
}

1;
