# A dump and restore takes everything along: models, versions, members, history, recommenders, grants, words; and the
# numbers of versions and segments go on from where they were.
use strict;
use warnings;
use ClusterSeg;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = ClusterSeg->node('main');
$node->safe_psql('postgres', 'CREATE ROLE regress_owner; CREATE ROLE regress_reader; CREATE SCHEMA own AUTHORIZATION regress_owner');
ClusterSeg->points($node, 'customers', 1000);
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE events AS SELECT id % 90 AS customer, 'i' || id * 7 % 40 AS item, TIMESTAMPTZ '2024-01-01' + id * interval '1 hour' AS at FROM customers;
INSERT INTO clusterseg.label_words ("position", pattern, high, low) VALUES (1, '^x1$', 'groß', 'klein');
SELECT clusterseg.train('m', 'customers', 'id', '{x1,x2,x3,x4}', k => 4);
UPDATE customers SET x1 = 3 WHERE id % 50 = 0;
SELECT clusterseg.reassign('m');
SELECT clusterseg.rename_segment('m', 2, 'Named', 'by a person');
SELECT clusterseg.train('m', 'customers', 'id', '{x1,x2,x3,x4}', k => 5);
SELECT clusterseg.train('m', 'customers', 'id', '{x1}', k => 3, publish => false);
SELECT clusterseg.grant_model('m', 'regress_reader');
SELECT clusterseg.train_recommender('r', 'events', 'customer', 'item', algorithm => 'itemknn', at => 'at', segmentation => 'm');
SELECT clusterseg.refresh_recommendations('r', 5);
SELECT clusterseg.train('boxes', 'customers', 'id', '{x1,x2,x3}', 'rfm');
GRANT SELECT ON customers TO regress_owner;
SET ROLE regress_owner;
SELECT clusterseg.train('owned', 'public.customers', 'id', '{x1}', k => 2, output_schema => 'own');
RESET ROLE;
-- something dropped, so that ids have gaps
SELECT clusterseg.train('gone', 'customers', 'id', '{x1}', k => 2);
SELECT clusterseg.drop_model('gone');
SQL

my @same = (
	'SELECT to_jsonb(t) FROM clusterseg.models t ORDER BY model',
	"SELECT to_jsonb(t) - 'value', t.value FROM clusterseg.versions t ORDER BY id",
	'SELECT to_jsonb(t) FROM clusterseg.segments t ORDER BY model, segment_id',
	'SELECT to_jsonb(t) FROM clusterseg.centroids t ORDER BY model, version, segment_id, feature',
	'SELECT to_jsonb(t) FROM clusterseg.segment_profiles t ORDER BY model, segment_id, feature, category',
	'SELECT to_jsonb(t) FROM clusterseg._transitions t ORDER BY model, version, from_segment_id, to_segment_id',
	'SELECT to_jsonb(t) FROM clusterseg.model_grants t ORDER BY model, grantee',
	'SELECT to_jsonb(t) FROM clusterseg.label_words t ORDER BY "position"',
	'SELECT to_jsonb(t) FROM clusterseg._recommenders t ORDER BY version_id',
	'SELECT to_jsonb(t) FROM clusterseg._reco_neighbours t ORDER BY version_id, item_no',
	'SELECT to_jsonb(t) FROM clusterseg._reco_factors t ORDER BY version_id, chunk',
	'SELECT to_jsonb(t) FROM m_members t ORDER BY id', 'SELECT to_jsonb(t) FROM m_history t ORDER BY id, valid_from',
	'SELECT to_jsonb(t) FROM own.owned_members t ORDER BY id', 'SELECT to_jsonb(t) FROM r_recommendations t ORDER BY customer_id, rank',
	"SELECT clusterseg.assign('m', c), clusterseg.segment_label('boxes', c) FROM customers c ORDER BY id",
	"SELECT id, x.* FROM customers, clusterseg.recommend('r', id % 95, 3) x WHERE id < 100 ORDER BY id, rank",
	"SELECT clusterseg.export_model('m'), clusterseg.export_model('m', 1), clusterseg.export_model('r')",
	"SELECT relname, relowner::regrole FROM pg_class WHERE relname ~ '^(m|own|owned|r|boxes)_' ORDER BY 1",
	"SELECT obj_description('m_members'::regclass), col_description('m_history'::regclass, 3)");
cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM m_history WHERE valid_to IS NOT NULL'), '>', 10, 'there is a history to dump');

my $dir = PostgreSQL::Test::Utils::tempdir;
# the second by two jobs, which fill the tables in any order
for my $format ('plain', 'custom')
{
	my $file = "$dir/dump.$format";
	command_ok([ 'pg_dump', '-d', $node->connstr('postgres'), '-F', $format, '-f', $file ], "$format: dumped");
	$node->safe_psql('postgres', "CREATE DATABASE $format TEMPLATE template0");
	command_ok($format eq 'plain' ? [ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($format), '-f', $file ]
		: [ 'pg_restore', '-e', '-j', '2', '-d', $node->connstr($format), $file ], "$format: restored");
	for my $query (@same)
	{
		my ($first) = $query =~ /FROM (\S+)/;
		my $digest = "SELECT count(*) || ' rows ' || md5(string_agg(x::text, ' ')) FROM ($query) x";
		is($node->safe_psql($format, $digest), $node->safe_psql('postgres', $digest), "$format: $first is the same");
	}

	# on it goes: version ids, version numbers and segment ids that were never there
	my $last = $node->safe_psql('postgres', 'SELECT max(id) FROM clusterseg.versions');
	is($node->safe_psql($format, "SELECT version FROM clusterseg.refresh('m')"), '4', "$format: the next version");
	is($node->safe_psql($format, "SELECT id > $last + 1 FROM clusterseg.versions ORDER BY id DESC LIMIT 1"), 't', "$format: its id is new, that of the dropped model included");
	is($node->safe_psql($format, "SELECT max(segment_id) - (SELECT max(segment_id) FROM clusterseg.segments WHERE model = 'm' AND since_version <= 3) FROM clusterseg._segments WHERE model = 'm'"),
		'0', "$format: segments keep their ids");
	is($node->safe_psql($format, "SELECT clusterseg.publish('m', 3)"), '3', "$format: the draft can be published");
	is($node->safe_psql($format, "SET ROLE regress_reader; SELECT clusterseg.segment('m', '{1}'::float8[]) IS NOT NULL"), 't', "$format: the grant holds");
	is($node->safe_psql($format, "SET ROLE regress_owner; SELECT version FROM clusterseg.refresh('owned')"), '2', "$format: the owner is the owner");
	is($node->safe_psql($format, "SELECT clusterseg.refresh_recommendations('r', 5) >= 0"), 't', "$format: recommendations go on");
	$node->safe_psql($format, "SELECT clusterseg.drop_model(model) FROM clusterseg.models");
	is($node->safe_psql($format, "SELECT count(*) FROM pg_class WHERE relname ~ '^(m|owned|r|boxes)_'"), '0', "$format: dropped");
}

# who sees all rows can dump without being a superuser
$node->safe_psql('postgres', 'CREATE ROLE regress_backup LOGIN BYPASSRLS; GRANT pg_read_all_data TO regress_backup');
command_ok([ 'pg_dump', '-U', 'regress_backup', '-d', $node->connstr('postgres'), '-f', "$dir/dump.backup" ], 'dumped by a role with BYPASSRLS');
$node->safe_psql('postgres', 'REVOKE pg_read_all_data FROM regress_backup');
command_ok([ 'pg_dump', '-U', 'regress_backup', '-n', 'clusterseg', '-e', 'clusterseg', '-d', $node->connstr('postgres'), '-f', "$dir/dump.catalog" ],
	'and the catalog without other rights');

# a dump of the restored database is the dump (both as text, without what names the run)
$node->safe_psql('postgres', 'CREATE DATABASE again TEMPLATE template0');
command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('again'), '-f', "$dir/dump.plain" ], 'restored once more');
command_ok([ 'pg_dump', '-d', $node->connstr('again'), '-f', "$dir/dump.again" ], 'and dumped');
my ($one, $two) = map { my $text = slurp_file($_); $text =~ s/^(-- Dumped|\\(un)?restrict).*\n//mg; join "\n", sort split /\n/, $text } "$dir/dump.plain", "$dir/dump.again";
ok($one eq $two, 'the dump of the restored database is the same');
$node->stop;
done_testing();
