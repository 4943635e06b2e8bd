# A server that is asked by a psql that stays, for to start a program, or a session, takes
# many times as long as most queries.  A call finds what DISCARD ALL leaves of a session:
# no settings and no temporary tables, but what was read of logs.  So a call that shows
# what it reads or builds has a session of its own, and each of a server for which that
# was asked.  Nor does one go on after its server was told of new settings, which reach it
# later.  Calls that want more of psql than to run SQL, and servers that cannot be
# connected to, get a psql of their own.
package PlogNode;

use strict;
use warnings;

use File::Temp qw(tempdir);
use IO::Handle;
use IO::Select;
use IPC::Open3;
use Symbol qw(gensym);
use Time::HiRes qw(time);

our @ISA;

# What is said around the answer to a call.
my $BEGIN = 'begin of ' . rand;
my $END   = 'end of ' . rand;

# By the process that started it and by the environment in which it runs.
my %running;

# Make a node of PostgreSQL's module one of these.  With option "new_sessions" each call
# has one of its own.
sub adopt
{
	my ($node, %options) = @_;
	@ISA = (ref $node);
	$node->{new_sessions} = $options{new_sessions};
	return bless $node, __PACKAGE__;
}

sub reload
{
	my ($self) = @_;
	$_->{connected} = '' for values %running;
	return $self->SUPER::reload;
}

sub psql
{
	my ($self, $database, $sql, %options) = @_;
	my ($status, $output, $errors) = wants_own_psql($sql, %options) ? () : ask(@_);

	return $self->SUPER::psql($database, $sql, %options) if !defined $status;
	${ $options{stdout} } = $output if $options{stdout};
	${ $options{stderr} } = $errors if $options{stderr};
	print STDERR $errors, "\n" if !wantarray && !$options{stderr} && $errors ne '';
	die sprintf("%s: '%s'\nwhile running this on \"%s\": %s\n",
		{ 2 => 'connection error', 3 => 'error running SQL' }->{$status} // "psql returns $status",
		$errors, $self->name, $sql)
	  if $status && $options{on_error_die};
	return wantarray ? ($status, $output, $errors) : $status;
}

# Does a call use anything that a psql which stays would remember, or not do?
sub wants_own_psql
{
	my ($sql, %options) = @_;
	my $commands = $sql =~ s/'[^']*'|"[^"]*"|\$(\w*)\$.*?\$\g1\$//gsr;

	delete @options{qw(stdout stderr on_error_stop on_error_die timeout timed_out)};
	$commands =~ s/^\\(?:set VERBOSITY \w+|warn ==|i \S+)$//mg;
	return %options || $commands =~ /\\/;
}

sub start_psql
{
	my %psql = (errors => gensym, script => tempdir(CLEANUP => 1) . '/script');

	$psql{process} = open3(@psql{qw(input output errors)}, 'psql', '-XAtq', '-f', '-', 'postgres');
	$psql{input}->autoflush(1);
	return \%psql;
}

# Ask a question.  Returns psql's exit status, what it has printed and what it has
# complained of; nothing if there was no connection.
sub ask
{
	my ($self, $database, $sql, %options) = @_;
	my $stops = $options{on_error_stop} // 1;
	local %ENV = (%ENV, PGHOST => $self->host, PGPORT => $self->port);
	my $key = join "\0", $$, map { "$_=$ENV{$_}" } grep { /^(?:PG|LC_|LANG|LOCPATH|PATH)/ } sort keys %ENV;
	my $psql = $running{$key} //= start_psql();
	my $connect = sprintf '\connect -reuse-previous=off "%s" "%s" "%s" "%s"', $database,
	  $ENV{PGUSER} // getpwuid($<), $self->host, $self->port;
	my $is_new = $self->{new_sessions} || $sql =~ /EXPLAIN \(ANALYZE|= debug|pg_reload_conf/;
	my $stays = !$is_new && ($psql->{connected} // '') eq $connect;

	$psql->{connected} = $is_new ? '' : $connect;
	$connect = "ROLLBACK;\nDISCARD ALL;" if $stays;
	open my $script, '>', $psql->{script} or die "could not write $psql->{script}: $!";
	print $script $sql;
	close $script or die "could not write $psql->{script}: $!";

	# it may have come to no connection
	local $SIG{PIPE} = 'IGNORE';
	print { $psql->{input} } <<"COMMANDS";
\\set ON_ERROR_STOP 1
\\set VERBOSITY default
$connect
\\echo $BEGIN
\\warn $BEGIN
\\set ON_ERROR_STOP $stops
\\i '$psql->{script}'
\\set ON_ERROR_STOP 0
\\echo $END
\\warn $END
COMMANDS
	return hear($psql, $key, %options);
}

# What psql says, up to the end of the call or its own.
sub hear
{
	my ($psql, $key, %options) = @_;
	my $until = $options{timeout} && time + $options{timeout};
	my $select = IO::Select->new(@$psql{qw(output errors)});
	my ($output, $errors, $status) = ('', '', 0);
	my $is_over = sub { $errors =~ /^\Q$END\E\n/m && $output =~ /^\Q$END\E\n/m };

	while (!$is_over->() && $select->count)
	{
		my @ready = $select->can_read($until ? ($until > time ? $until - time : 0) : undef);

		kill 'TERM', $psql->{process} if !@ready;
		$until = undef if !@ready;
		for my $file (@ready)
		{
			my $text = $file == $psql->{output} ? \$output : \$errors;
			$select->remove($file) if !sysread $file, $$text, 65536, length $$text;
		}
	}
	if (!$is_over->())
	{
		waitpid $psql->{process}, 0;
		$status = $?;
		delete $running{$key};
	}
	if ($status & 127)
	{
		die "psql ended by signal: $errors" if !$options{timed_out};
		${ $options{timed_out} } = 1;
	}
	return if $errors !~ s/\A.*?^\Q$BEGIN\E\n//ms || $output !~ s/\A.*?^\Q$BEGIN\E\n//ms;
	s/^\Q$END\E\n.*//ms for $output, $errors;
	$errors =~ s/^psql:\Q$psql->{script}\E:/psql:<stdin>:/mg;
	chomp($output, $errors);
	return ($status >> 8, $output, $errors);
}

1;
