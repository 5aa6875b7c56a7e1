# On a hot standby everything that reads works: scoring by name and by value, explaining, recommending, looking at the
# catalog; what would write says so.  And what is published on the primary is what the standby uses as soon as it has it.
use strict;
use warnings;
use ClusterSeg;
use Test::More;

my $primary = ClusterSeg->node('primary', streaming => 1);
ClusterSeg->points($primary, 'customers', 600);
$primary->safe_psql('postgres', <<'SQL');
CREATE TABLE events AS SELECT id % 90 AS customer, 'i' || id * 7 % 40 AS item, TIMESTAMPTZ '2024-01-01' + id * interval '1 hour' AS at FROM customers;
SELECT clusterseg.train('m', 'customers', 'id', '{x1,x2,x3,x4}', k => 4);
SELECT clusterseg.train('m', 'customers', 'id', '{x1,x2}', k => 3, publish => false);
SELECT clusterseg.train_recommender('r', 'events', 'customer', 'item', algorithm => 'itemknn', at => 'at', segmentation => 'm');
SELECT clusterseg.refresh_recommendations('r', 5);
CREATE TABLE things AS SELECT DISTINCT item, 'kind ' || right(item, 1) AS category FROM events;
SELECT clusterseg.train_recommender('v', 'events', 'customer', 'item', algorithm => 'puresvd', at => 'at', segmentation => 'm', item_source => 'things', options => '{"factors": 4}');
CREATE TABLE logged AS SELECT c, clusterseg.log_impressions('r', c, '{i1,i2,i3}', '{0.5,0.5,1}', 'banner', CASE c % 2 WHEN 0 THEN 'control' ELSE 'new' END) AS call FROM generate_series(1, 60) c;
SELECT count(clusterseg.log_outcome(call, 'i2', 'purchase', 1)) FROM logged WHERE c % 3 = 0;
CREATE TABLE kept AS SELECT clusterseg.model_value('m') AS v;
SQL
my $standby = ClusterSeg->standby_of($primary, 'standby');
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'it is a standby');

# ---- what reads gives the same as on the primary ----
my %reads = (
	'segment by name' => "SELECT clusterseg.segment('m', c), clusterseg.segment_label('m', c), clusterseg.segment_distance('m', c) FROM customers c ORDER BY id",
	'segment by value' => 'SELECT clusterseg.segment(v, c), clusterseg.segment_probability(v, c, 1) FROM kept, customers c ORDER BY id',
	'arrays' => "SELECT clusterseg.segment('m', ARRAY[x1, x2, x3, x4]::float8[]) FROM customers c ORDER BY id",
	'assign' => "SELECT a.* FROM customers c, clusterseg.assign('m', c) a ORDER BY id",
	'explain' => "SELECT e.* FROM customers c, clusterseg.explain('m', c) e WHERE id < 20 ORDER BY id, feature",
	'counterfactual' => "SELECT e.* FROM customers c, clusterseg.counterfactual('m', c, 2) e WHERE id < 20 ORDER BY id, feature",
	'model_value' => "SELECT clusterseg.model_value('m', 2)",
	'export_model' => "SELECT clusterseg.export_model('m'), clusterseg.export_model('r')",
	'preview' => "SELECT * FROM clusterseg.preview('m')",
	'recommend' => "SELECT c, x.* FROM generate_series(0, 95) c, clusterseg.recommend('r', c, 5) x ORDER BY c, rank",
	'recommend_for_basket' => "SELECT * FROM clusterseg.recommend_for_basket('r', '{i1,i2}', 5)",
	'recommend_for_segment' => "SELECT * FROM clusterseg.recommend_for_segment('r', 1, 5)",
	'recommend_all' => "SELECT * FROM clusterseg.recommend_all('r', 3) ORDER BY customer_id, rank",
	'similar_items' => "SELECT * FROM clusterseg.similar_items('r', 'i1', 5)",
	'rank_items' => "SELECT * FROM clusterseg.rank_items('r', 3, '{i1,i2,i3}')",
	'explain_recommendation' => "SELECT x.* FROM generate_series(0, 9) c, clusterseg.recommend('r', c, 1) b, clusterseg.explain_recommendation('r', c, b.item_id) x ORDER BY c, term",
	'evaluate_recommender' => "SELECT metric, value FROM clusterseg.evaluate_recommender('r', 'SELECT customer, item FROM events WHERE customer < 9', 5) ORDER BY 1",
	'evaluate_recommender by groups' => "SELECT * FROM clusterseg.evaluate_recommender('r', 'SELECT customer, item FROM events WHERE customer < 30', 5, by => '{warmth,history,segment,items}') ORDER BY customers_group, metric",
	'shaped' => "SELECT c, x.* FROM generate_series(0, 95) c, clusterseg.recommend('v', c, 5, candidates => 'things', diversity => 0.3, max_per_category => 1, explore => 0.4, options => '{\"promoted\": [\"i7\"], \"seed\": 1}') x ORDER BY c, rank",
	'shaped, all' => "SELECT * FROM clusterseg.recommend_all('v', 5, diversity => 0.3, max_per_category => 1, explore => 0.4, options => '{\"promoted\": [\"i7\"], \"seed\": 1}') ORDER BY customer_id, rank",
	'customers_for_item' => "SELECT * FROM clusterseg.customers_for_item('r', 'i1', 20) ORDER BY rank",
	'segment_uplift' => "SELECT * FROM clusterseg.segment_uplift('r', 1, 5) ORDER BY rank",
	'customers_for_segment_uplift' => "SELECT * FROM clusterseg.customers_for_segment_uplift('r', 1, 20) ORDER BY rank",
	'customer_vectors' => "SELECT * FROM clusterseg.customer_vectors('v') ORDER BY 1",
	'feedback_rates' => "SELECT * FROM clusterseg.feedback_rates('r', '{version,segment,bucket}')",
	'feedback_lift' => "SELECT * FROM clusterseg.feedback_lift('r', 'banner')",
	'sample_ratio' => "SELECT * FROM clusterseg.sample_ratio('r', 'banner', '{control,new}')",
	'policy_value' => "SELECT * FROM clusterseg.policy_value('r', 'SELECT call_id, item_id, 0.5 AS probability FROM clusterseg.impressions')",
	'experiment_arm' => "SELECT clusterseg.experiment_arm(c::text, 'banner', '{control,new}'), clusterseg.in_holdout(c::text) FROM generate_series(1, 20) c",
	'members and history' => 'SELECT * FROM m_members NATURAL FULL JOIN m_history ORDER BY id',
	'recommendations' => 'SELECT * FROM r_recommendations ORDER BY 1, 2',
	'views' => 'SELECT (SELECT count(*) FROM clusterseg.segments), (SELECT count(*) FROM clusterseg.segment_profiles), (SELECT count(*) FROM clusterseg.algorithms),
		(SELECT count(*) FROM clusterseg.transforms), (SELECT string_agg(model || status, \' \' ORDER BY model) FROM clusterseg.freshness), (SELECT count(*) FROM clusterseg.progress)');
for my $what (sort keys %reads)
{
	my $digest = "SELECT count(*) || ' rows ' || md5(string_agg(x::text, ' ')) FROM ($reads{$what}) x";
	my $there = $standby->safe_psql('postgres', $digest);

	is($there, $primary->safe_psql('postgres', $digest), $what);
	unlike($there, qr/^0 rows/, "$what gives rows") unless $what eq 'explain_recommendation';
}

# ---- what writes says that it cannot ----
my %writes = (
	'train' => "SELECT clusterseg.train('m', 'customers', 'id', '{x1}', k => 2)", 'train anew' => "SELECT clusterseg.train('n', 'customers', 'id', '{x1}', k => 2)",
	'refresh' => "SELECT clusterseg.refresh('m')", 'publish' => "SELECT clusterseg.publish('m', 2)", 'reassign' => "SELECT clusterseg.reassign('m')",
	'rollback' => "SELECT clusterseg.rollback('m')", 'rename_segment' => "SELECT clusterseg.rename_segment('m', 1, 'x')",
	'drop_model' => "SELECT clusterseg.drop_model('m')", 'import_model' => "SELECT clusterseg.import_model('n', clusterseg.export_model('m'))",
	'grant_model' => "SELECT clusterseg.grant_model('m', 'public')", 'train_recommender' => "SELECT clusterseg.train_recommender('q', 'events', 'customer', 'item', algorithm => 'itemknn')",
	'refresh_recommendations' => "SELECT clusterseg.refresh_recommendations('r')", 'log_impressions' => "SELECT clusterseg.log_impressions('r', 1, '{i1}')",
	'log_outcome' => "SELECT clusterseg.log_outcome(call, 'i1') FROM logged LIMIT 1", 'attribute_outcome' => "SELECT clusterseg.attribute_outcome('r', 1, 'i1')",
	'forget_customer' => "SELECT clusterseg.forget_customer('r', 1)", 'forget_feedback' => "SELECT clusterseg.forget_feedback('r', 1)",
	'compare_recommenders' => "SELECT clusterseg.compare_recommenders('events', 'customer', 'item', at => 'at')",
	'tune_recommender' => "SELECT clusterseg.tune_recommender('events', 'customer', 'item', at => 'at')", 'create_rfm_view' => "SELECT clusterseg.create_rfm_view('v', 'events', 'customer', 'at', 'customer')");
for my $what (sort keys %writes)
{
	my ($code, $out, $err) = $standby->psql('postgres', $writes{$what});
	like($err, qr/^psql:<stdin>:1: ERROR:  cannot execute [A-Z ]+ in a read-only transaction\n/, "$what says so");
}

# ---- a session that is open sees what is published, and no sooner ----
my ($in, $out) = ('', '');
my $session = IPC::Run::start([ 'psql', '-XAtq', '-d', $standby->connstr('postgres') ], '<', \$in, '>', \$out, '2>&1', my $timer = IPC::Run::timeout(60));
my $ask = sub {
	$in .= "SELECT count(DISTINCT clusterseg.segment('m', c)) || ' segments' FROM customers c;\n";
	$out = '';
	$session->pump until $out =~ /(segments|ERROR).*\n/;
	return $out;
};
is($ask->(), "4 segments\n", 'before');
$primary->safe_psql('postgres', "SELECT clusterseg.publish('m', 2)");
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));
is($ask->(), "3 segments\n", 'after, in the same session');
$primary->safe_psql('postgres', "SELECT clusterseg.drop_model('m')");
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));
like($ask->(), qr/ERROR:  model "m" does not exist/, 'dropped');
$in .= "\\q\n";
$session->finish;

# ---- the standby takes over ----
$primary->safe_psql('postgres', "SELECT clusterseg.train('m', 'customers', 'id', '{x1}', k => 2)");
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));
$primary->stop;
$standby->promote;
is($standby->safe_psql('postgres', "SELECT version, published FROM clusterseg.refresh('m')"), '2|t', 'trained on after the promotion');
is($standby->safe_psql('postgres', 'SELECT count(*) = count(DISTINCT id) FROM clusterseg.versions'), 't', 'ids of versions are unique');
$standby->stop;
done_testing();
