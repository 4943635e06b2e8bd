# A browser without a screen, by the protocol WebDriver: Chromium, where it and
# its chromedriver are installed.
package Browser;

use strict;
use warnings;

use HTTP::Tiny;
use IPC::Run;
use JSON::PP;
use MIME::Base64;
use Time::HiRes qw(sleep time);

my $patience = 120;
my $running;			# chromedriver

# Whether there is one to start.
sub is_installed
{
	return (grep { -x "$_/chromedriver" } split /:/, $ENV{PATH})
	  && (grep { -x "$_/chromium" } split /:/, $ENV{PATH});
}

# Start it; what it writes goes into a directory.
sub new
{
	my ($class, $directory) = @_;
	my $self = bless { http => HTTP::Tiny->new(timeout => $patience), output => '' }, $class;
	local $ENV{HOME} = $directory;

	$running = IPC::Run::start([ 'chromedriver', '--port=0' ], '<', \undef, '>', \$self->{output}, '2>&1');
	my $end = time + $patience;
	my $port;
	until (($port) = $self->{output} =~ /started successfully on port (\d+)/)
	{
		die "chromedriver did not start: $self->{output}" if time > $end;
		$running->pump_nb;
		sleep 0.05;
	}
	$self->{url} = "http://127.0.0.1:$port/session";
	my $session = $self->ask(POST => '', {
			capabilities => { alwaysMatch => {
					browserName             => 'chrome',
					'goog:loggingPrefs'     => { browser => 'ALL' },
					'goog:chromeOptions'    => { args => [
							'--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
							'--window-size=1400,1000' ] } } } });
	$self->{url} .= "/$session->{sessionId}";
	return $self;
}

sub ask
{
	my ($self, $method, $path, $body) = @_;
	my $answer = $self->{http}->request($method, $self->{url} . $path,
		{ headers => { 'content-type' => 'application/json' }, $body ? (content => encode_json($body)) : () });
	my $value = decode_json($answer->{content} || '{}')->{value};

	die "WebDriver $method $path: $answer->{content}" if !$answer->{success};
	return $value;
}

sub open
{
	my ($self, $file) = @_;
	$self->ask(POST => '/url', { url => "file://$file" });
}

# What a script returns.
sub run
{
	my ($self, $script) = @_;
	return $self->ask(POST => '/execute/sync', { script => $script, args => [] });
}

# Wait until an expression is true; whether it came to be.
sub becomes
{
	my ($self, $expression) = @_;
	my $end = time + 20;

	until ($self->run("return Boolean($expression)"))
	{
		return 0 if time > $end;
		sleep 0.05;
	}
	return 1;
}

sub act
{
	my ($self, $type, @actions) = @_;
	my %device = (type => $type, id => $type, actions => \@actions);
	$device{parameters} = { pointerType => 'mouse' } if $type eq 'pointer';
	$self->ask(POST => '/actions', { actions => [ \%device ] });
}

sub key
{
	my ($self, $key) = @_;
	$self->act(key => { type => 'keyDown', value => $key }, { type => 'keyUp', value => $key });
}

sub move
{
	my ($self, $x, $y) = @_;
	$self->act(pointer => { type => 'pointerMove', duration => 0, x => int $x, y => int $y });
}

sub drag
{
	my ($self, $x, $y, $to) = @_;
	$self->act(pointer => { type => 'pointerMove', duration => 0, x => int $x, y => int $y },
		{ type => 'pointerDown', button => 0 }, { type => 'pointerMove', duration => 50, x => int $to, y => int $y },
		{ type => 'pointerUp', button => 0 });
}

sub click
{
	my ($self, $x, $y) = @_;
	$self->drag($x, $y, $x);
}

sub wheel
{
	my ($self, $x, $y, $by) = @_;
	$self->act(wheel => { type => 'scroll', duration => 0, x => int $x, y => int $y, deltaX => 0, deltaY => $by, origin => 'viewport' });
}

# What the console was told, warnings and errors.
sub complaints
{
	my ($self) = @_;
	return map { "$_->{level} $_->{message}" } @{ $self->ask(POST => '/se/log', { type => 'browser' }) };
}

sub dark
{
	my ($self) = @_;
	$self->ask(POST => '/goog/cdp/execute', { cmd => 'Emulation.setEmulatedMedia',
			params => { features => [ { name => 'prefers-color-scheme', value => 'dark' } ] } });
}

# Save what is to be seen.
sub picture
{
	my ($self, $file) = @_;
	CORE::open my $handle, '>:raw', $file or die "could not write $file: $!";
	print $handle decode_base64($self->ask(GET => '/screenshot'));
	close $handle;
}

# What it would print.
sub pdf
{
	my ($self) = @_;
	return decode_base64($self->ask(POST => '/print', { page => { width => 29.7, height => 21 } }));
}

sub close
{
	my ($self) = @_;
	eval { $self->ask(DELETE => ''); 1 } or warn $@;
	stop();
}

# A test that dies leaves none behind: chromedriver ends its Chromium with itself.
sub stop
{
	$running->kill_kill(grace => 5) if $running;
	undef $running;
}

END
{
	my $status = $?;
	stop();
	$? = $status;
}

1;
