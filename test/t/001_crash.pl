# A backend killed in the middle of a training, and a server stopped in the middle of one: what was published before is
# what is served, nothing is half written, and training goes on from there.
use strict;
use warnings;
use ClusterSeg;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $node = ClusterSeg->node('main', conf => "restart_after_crash = on\nmax_parallel_maintenance_workers = 1\nautovacuum = off\n");
ClusterSeg->points($node, 'customers', 20000);
$node->safe_psql('postgres', "SELECT clusterseg.train('m', 'customers', 'id', '{x1,x2,x3,x4}', k => 5)");
$node->safe_psql('postgres', "SELECT clusterseg.train_recommender('r', 'SELECT id % 500 AS c, ''i'' || id % 97 * (id % 3) AS i FROM customers', 'c', 'i', algorithm => 'itemknn')");

# everything that a reader can see, as one number
my $state = <<'SQL';
SELECT md5(string_agg(x, ' ' ORDER BY x)) FROM (
	SELECT to_jsonb(t)::text AS x FROM clusterseg.models t UNION ALL SELECT (to_jsonb(t) - 'value')::text || t.value::text FROM clusterseg.versions t WHERE kind_is_segmentation(model)
	UNION ALL SELECT to_jsonb(t)::text FROM clusterseg._segments t UNION ALL SELECT to_jsonb(t)::text FROM clusterseg.centroids t
	UNION ALL SELECT to_jsonb(t)::text FROM clusterseg._profiles t UNION ALL SELECT to_jsonb(t)::text FROM m_members t
	UNION ALL SELECT to_jsonb(t)::text FROM m_history t UNION ALL SELECT to_jsonb(t)::text FROM clusterseg._reco_items t
	UNION ALL SELECT to_jsonb(t)::text FROM clusterseg._reco_neighbours t) s
SQL
$state =~ s/kind_is_segmentation\(model\)/value IS NOT NULL/;
my $before = $node->safe_psql('postgres', $state);
my $segments = $node->safe_psql('postgres', "SELECT string_agg(clusterseg.segment('m', c)::text, ' ' ORDER BY id) FROM customers c WHERE id % 100 = 0");
$node->safe_psql('postgres', 'UPDATE customers SET x1 = x1 + 5 WHERE id % 3 = 0');

# A training that takes long, until it is at that phase; its process.
sub training_at
{
	my ($phase, @commands) = @_;
	my $session = ClusterSeg->background($node, @commands);

	for (1 .. 600)
	{
		my ($pid) = split /\|/, $node->safe_psql('postgres', "SELECT pid FROM clusterseg.progress WHERE phase = '$phase'");
		return ($session, $pid) if defined $pid && $pid ne '';
		sleep 0.05;
	}
	die "the training never came to: $phase";
}

sub as_before
{
	my ($what) = @_;

	is($node->safe_psql('postgres', $state), $before, "$what: all is as before");
	is($node->safe_psql('postgres', "SELECT count(*) FROM pg_class WHERE relname ~ 'clusterseg_' OR relnamespace::regnamespace::text ~ 'temp'"),
		'0', "$what: no temporary table is left");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM clusterseg.progress'), '0', "$what: nobody is at work");
	is(scalar(grep { !/^\.\.?$/ } slurp_dir($node->data_dir . '/pg_dynshmem')), 0, "$what: no shared memory is left") if -d $node->data_dir . '/pg_dynshmem';
}

# ---- the backend is killed ----
for my $case (
	[ 'fitting', "SELECT clusterseg.train('m', 'customers', 'id', '{x1,x2,x3,x4}', k => 50, options => '{\"restarts\": 1000, \"tolerance\": 0}')" ],
	[ 'reading rows', "SELECT clusterseg.train('new', 'SELECT * FROM customers WHERE pg_sleep(0.001) IS NOT NULL', 'id', '{x1}', k => 5)" ],
	[ 'writing', "SELECT clusterseg.publish('slow', 1)" ])
{
	my ($phase, $command) = @$case;

	if ($phase eq 'writing')
	{
		# a source that is slow only later
		$node->safe_psql('postgres', 'CREATE VIEW slowly AS SELECT * FROM customers WHERE id <= 3000');
		$node->safe_psql('postgres', "SELECT clusterseg.train('slow', 'slowly', 'id', '{x1}', k => 3, publish => false)");
		$node->safe_psql('postgres', 'CREATE OR REPLACE VIEW slowly AS SELECT c.* FROM customers c, LATERAL pg_sleep(0.001 * (id % 2)) WHERE id <= 9000 OFFSET 0');
		$before = $node->safe_psql('postgres', $state);
	}
	my ($session, $pid) = training_at($phase, $command);
	kill 'KILL', $pid;
	isnt(ClusterSeg->finish($session), 0, "killed while $phase: the session is gone");
	$node->poll_query_until('postgres', 'SELECT 1', '1') or die 'the server did not come back';
	as_before("killed while $phase");
}
is($node->safe_psql('postgres', "SELECT string_agg(clusterseg.segment('m', c)::text, ' ' ORDER BY id) FROM customers c WHERE id % 100 = 0 AND id % 3 > 0"),
	$node->safe_psql('postgres', "SELECT string_agg(s, ' ' ORDER BY n) FROM regexp_split_to_table('$segments', ' ') WITH ORDINALITY x (s, n) WHERE n * 100 % 3 > 0"),
	'the published version is served');

# ---- the server stops at once ----
my ($session) = training_at('fitting', "SELECT clusterseg.train('m', 'customers', 'id', '{x1,x2,x3,x4}', k => 50, options => '{\"restarts\": 1000, \"tolerance\": 0}')");
$node->stop('immediate');
isnt(ClusterSeg->finish($session), 0, 'stopped: the session is gone');
$node->start;
as_before('stopped');

# ---- and on it goes ----
is($node->safe_psql('postgres', "SELECT version, published FROM clusterseg.refresh('m')"), '2|t', 'the next version');
is($node->safe_psql('postgres', 'SELECT count(*) = count(DISTINCT id) FROM clusterseg.versions'), 't', 'ids of versions are unique');
is($node->safe_psql('postgres', "SELECT count(*) FROM m_members m JOIN customers c USING (id) WHERE clusterseg.segment('m', c) = m.segment_id"), '20000', 'members are those of the new version');

# what was committed a moment before a crash is there
$node->stop('immediate');
$node->start;
is($node->safe_psql('postgres', "SELECT published_version FROM clusterseg.models WHERE model = 'm'"), '2', 'what was committed stays');
$node->stop;
done_testing();
