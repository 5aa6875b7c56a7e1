# ClusterSeg.pm - nodes for the TAP tests: PostgreSQL::Test::Cluster with what every test needs.
#
#   use ClusterSeg;
#   my $node = ClusterSeg->node('main');                  started, with the extension in database postgres
#   my $node = ClusterSeg->node('primary', streaming => 1, conf => "work_mem = '1MB'\n");
#   my $node = ClusterSeg->node('target', extension => 0);   started, without it
#   my $standby = ClusterSeg->standby_of($node, 'standby');
#   is($node->safe_psql('postgres', 'SELECT 1'), '1', 'answers');
#   my $session = ClusterSeg->background($node, 'SET work_mem = ...', 'SELECT ...');   psql that runs beside the test
#   ClusterSeg->finish($session);                      its exit code; $session->{out} and {err} are what it printed
#   ClusterSeg->points($node, 'customers', 1000);      a table of so many rows (id int, x1 .. x4 float8)
#
# test/tools/run puts the server's programs in front of PATH, and the extension where they look for it.
package ClusterSeg;

use strict;
use warnings;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

# The modules clear PGUSER; the name of the superuser must not be that of whoever runs the tests.
$ENV{PGUSER} = 'postgres';
$ENV{PGCLIENTENCODING} = 'UTF8';

sub node
{
	my ($class, $name, %option) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(
		allows_streaming => $option{streaming} ? 1 : 0,
		extra => [ '-U', 'postgres', '--encoding=UTF8', '--locale=C' ]);
	$node->append_conf('postgresql.conf', <<'CONF');
timezone = 'UTC'
jit = off
max_connections = 20
max_worker_processes = 16
shared_buffers = 32MB
CONF
	$node->append_conf('postgresql.conf', $option{conf}) if defined $option{conf};
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION clusterseg') unless defined $option{extension} && !$option{extension};
	return $node;
}

# A session beside the test: psql with these commands, each in a transaction of its own.
sub background
{
	my ($class, $node, @commands) = @_;
	my $session = { out => '', err => '' };

	$session->{run} = IPC::Run::start(
		[ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), map { ('-c', $_) } @commands ],
		'<', \undef, '>', \$session->{out}, '2>', \$session->{err}, IPC::Run::timeout(120));
	return $session;
}

sub finish
{
	my ($class, $session) = @_;

	IPC::Run::finish($session->{run});
	return $session->{run}->result(0);
}

# Rows in 5 groups, the same on every run: the noise is of whole numbers.
sub points
{
	my ($class, $node, $table, $rows) = @_;

	$node->safe_psql('postgres', <<"SQL");
CREATE TABLE $table AS
	SELECT i AS id, g + (i * 7919 % 1000) / 500.0 AS x1, g * g + (i * 104729 % 1000) / 500.0 AS x2,
		10 - g + (i * 1299709 % 1000) / 500.0 AS x3, (i * 15485863 % 1000) / 500.0 AS x4
	FROM (SELECT i, i % 5 * 3 AS g FROM generate_series(1::bigint, $rows) i) s;
ANALYZE $table;
SQL
}

# A hot standby of a node that was made with streaming => 1, caught up.
sub standby_of
{
	my ($class, $primary, $name) = @_;
	my $standby = PostgreSQL::Test::Cluster->new($name);

	$primary->backup("for_$name");
	$standby->init_from_backup($primary, "for_$name", has_streaming => 1);
	$standby->start;
	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));
	return $standby;
}

1;
