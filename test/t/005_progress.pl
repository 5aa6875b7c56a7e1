# clusterseg.progress shows another session what a training, an assignment and a recommender are doing, phase by phase.
use strict;
use warnings;
use ClusterSeg;
use Test::More;

my $node = ClusterSeg->node('main', conf => "max_parallel_maintenance_workers = 1\n");
ClusterSeg->points($node, 'customers', 100000);
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE events AS SELECT id * 7919 % 20011 AS customer, 'i' || sqrt(id * 104729 % 1000003)::int AS item FROM customers;
SELECT clusterseg.train('m', 'customers', 'id', '{x1,x2,x3,x4}', k => 5);
-- looks again and again, until there is nothing to see; each phase with what it said
CREATE PROCEDURE watch(name text, INOUT seen text DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
	p record;
	phases text[] := '{}';
	wrong text[] := '{}';
	last record;
	started timestamptz := clock_timestamp();
	moved int := 0;
BEGIN
	LOOP
		COMMIT; -- statistics are read once per transaction
		SELECT * INTO p FROM clusterseg.progress;
		IF p.pid IS NULL THEN
			EXIT WHEN phases <> '{}' OR clock_timestamp() > started + interval '20 seconds';
			PERFORM pg_sleep(0.001);
			CONTINUE;
		END IF;
		IF p.model <> name THEN wrong := wrong || format('model %s', p.model); END IF;
		IF p.done < 0 OR p.total < 0 OR p.done > p.total OR p.percent NOT BETWEEN 0 AND 100 THEN wrong := wrong || format('%s %s of %s', p.phase, p.done, p.total); END IF;
		IF p.started_at > clock_timestamp() OR p.running < '-1 second' THEN wrong := wrong || 'time'::text; END IF;
		IF p.phase = phases[cardinality(phases)] THEN
			IF p.done > last.done THEN moved := moved + 1; END IF;
		ELSE
			phases := phases || p.phase;
		END IF;
		last := p;
	END LOOP;
	seen := format('%s; moved: %s; wrong: %s', array_to_string(phases, ', '), moved > 0, array_to_string(wrong, ', '));
END $$;
SQL

my %work = (
	'm' => [ "SELECT clusterseg.train('m', 'customers', 'id', '{x1,x2,x3,x4}', k => 60, options => '{\"restarts\": 3, \"tolerance\": 0}')", qr/reading rows.*fitting/ ],
	'chosen' => [ "SELECT clusterseg.train('chosen', 'customers', 'id', '{x1,x2,x3,x4}')", qr/reading rows.*(fitting|evaluating)/ ],
	'again' => [ "SELECT clusterseg.publish('again', 1) FROM generate_series(1, 5)", qr/writing/ ],
	'r' => [ "SELECT clusterseg.train_recommender('r', 'SELECT e.* FROM events e, generate_series(1, 4)', 'customer', 'item', algorithm => 'itemknn')", qr/reading rows/ ]);
$node->safe_psql('postgres', "SELECT clusterseg.train('again', 'customers', 'id', '{x1}', k => 3)");
for my $name (sort keys %work)
{
	my ($command, $expected) = @{ $work{$name} };
	my $session = ClusterSeg->background($node, $command);
	my $seen = $node->safe_psql('postgres', "CALL watch('$name')");

	is(ClusterSeg->finish($session), 0, "$name: done") or diag $session->{err};
	like($seen, $expected, "$name: the phases are seen ($seen)");
	like($seen, qr/wrong: $/, "$name: what it says makes sense");
	like($seen, qr/moved: t/, "$name: it moves") if $name eq 'm' || $name eq 'again';
	is($node->safe_psql('postgres', 'SELECT count(*) FROM clusterseg.progress'), '0', "$name: then nobody is at work");
}
$node->stop;
done_testing();
