# Taint flows for a log that has none: as the plugin tsm would have written them
# while the log was recorded.
package PlogFlows;

use strict;
use warnings;

use Exporter 'import';
use PlogDump qw(parse_json);

our @EXPORT_OK = qw(add_flows);

# Put so many flows between the entries of a dump, given as its lines.  Each
# begins and ends in modules that the asid_libraries entry before it, and one at
# most a few hundred entries earlier, list of their processes: at the time of that
# entry, under its asid.
sub add_flows
{
	my ($lines, $count) = @_;
	my @libraries = grep { $lines->[$_] =~ /"asid_libraries": .*"modules": \[\{/ } 0 .. $#$lines;
	my %flows;

	for (1 .. $count)
	{
		my $at     = int rand @libraries;
		my $before = $at - int rand($at < 300 ? $at + 1 : 300);
		my ($sink, $entry) = end_of_flow($lines->[ $libraries[$at] ]);
		my ($source) = end_of_flow($lines->[ $libraries[$before] ]);

		push @{ $flows{ $libraries[$at] } }, sprintf
		  '{"pc": "%s", "instr": "%s", "asid": "%s", "taint_flow": {"source": {%s, "label": %d}, '
		  . '"sink": {%s}, "copy": %s, "offset": %d, "card": %d, "tcn": %d, "cb": %d}}',
		  @$entry{qw(pc instr asid)}, $source, rand 2**32, $sink,
		  rand() < 0.5 ? 'true' : 'false', map { rand $_ } 4096, 8, 100, 256;
	}
	return map { ($lines->[$_], @{ $flows{$_} // [] }) } 0 .. $#$lines;
}

# An end of a flow in one of the modules that an entry lists, as JSON, and the
# entry.
sub end_of_flow
{
	my ($line) = @_;
	my $entry   = parse_json($line);
	my $libs    = $entry->{asid_libraries};
	my @modules = @{ parse_json($libs->{modules}) };
	my $module  = $modules[ rand @modules ];

	return (
		sprintf(
			'"cp": {"thread": {"pid": %s, "ppid": %s, "tid": %s, "create_time": "%s"}, "pc": "%s"}, '
			  . '"size": %d, "value": "%s", "instr": "%s", "is_store": %s',
			@$libs{qw(pid ppid tid create_time)},
			$module->{base_addr} + int rand $module->{size},
			1 << int rand 4,
			int rand 2**53,
			$entry->{instr},
			rand() < 0.5 ? 'true' : 'false'),
		$entry);
}

1;
