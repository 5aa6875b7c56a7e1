# parts_server.sh - what is measured in a server, most of it in one warm session (sourced by run).

train_sql() { echo "SELECT * FROM clusterseg.train('$1', '$2', 'id', k => $3, options => '{\"workers\": $4}')"; }
drop_sql() { sql "SELECT clusterseg.drop_model('$1') FROM clusterseg.models WHERE model = '$1'"; }

# Reading into memory against a scan in C that deforms the same columns.  A start that does not fit
# ends a training right behind its reading, so that the time of the processor can be told.
part_read()
{
	local d n i
	n=$(scaled 1000000)
	for d in 8 32; do
		load_table "wide_$d" "$n" "$d" columns
		local ours=() floor=()
		for i in $(times $((2 * REPEATS + 1))); do
			sql_time "SELECT floor_scan('wide_$d', 1, $d)"
			floor+=("$cpu")
			sql_time "DO \$\$ BEGIN
				PERFORM clusterseg.train('bench', 'wide_$d', 'id', k => 2, options => '{\"workers\": 0, \"init\": \"given\", \"start\": [[0]]}');
				RAISE EXCEPTION 'it trained';
				EXCEPTION WHEN invalid_parameter_value THEN NULL; END \$\$"
			ours+=("$cpu")
		done
		compare "reading $d float8 columns and the key" "$(median "${ours[@]}")" "$(median "${floor[@]}")" "bare scan in C" 1.5 1.2
	done
}

# Everything that train does against taking the rows out, scikit-learn, and bringing members back.
part_train()
{
	local cell d k gate aim n i
	n=$(scaled 1000000)
	for cell in "8 8 0.2 0.1" "32 64 0.2 0.1"; do
		read -r d k gate aim <<<"$cell"
		load_table "wide_$d" "$n" "$d" columns
		local ours=() csv=() binary=() parts=() theirs=()
		for i in $(times $((d == 8 ? REPEATS : 1))); do
			quiet
			drop_sql bench
			sql_time "$(train_sql bench "wide_$d" "$k" -1)"
			ours+=("$wall")
			sql "SELECT format('read %s, prepare %s, seed and passes %s (%s passes, %s processes), label %s',
				round((metrics->>'seconds_read')::numeric, 3), round((metrics->>'seconds_prepare')::numeric, 3),
				round((metrics->>'seconds_fit')::numeric, 3), iterations, metrics->>'processes', round((metrics->>'seconds_label')::numeric, 3))
				|| format(', profiles, members and their index %s s', round((seconds - (metrics->>'seconds_read')::numeric -
				(metrics->>'seconds_prepare')::numeric - (metrics->>'seconds_fit')::numeric - (metrics->>'seconds_label')::numeric)::numeric, 3))
				FROM clusterseg.versions WHERE model = 'bench'"
			parts+=("$answer")
			! peers roundtrip "wide_$d" "$k" csv || { csv+=("${reply[0]}"); theirs=("${reply[@]}"); }
			! peers roundtrip "wide_$d" "$k" binary || { binary+=("${reply[0]}"); binary_parts=("${reply[@]}"); }
		done
		compare "train in SQL, members written, d $d, k $k" "$(median "${ours[@]}")" "$([ ${#csv[@]} -eq 0 ] && echo - || median "${csv[@]}")" \
			"CSV, scikit-learn" "$gate" "$aim"
		note "ours: ${parts[0]}"
		[ ${#csv[@]} -eq 0 ] || note "theirs: out and read ${theirs[1]}, fit ${theirs[2]} (${theirs[4]} passes), back ${theirs[3]} s"
		[ ${#binary[@]} -eq 0 ] || compare "    the same by binary COPY" "$(median "${ours[@]}")" "$(median "${binary[@]}")" "binary, scikit-learn" 1 -
		[ ${#binary[@]} -eq 0 ] || note "theirs: out and read ${binary_parts[1]}, fit ${binary_parts[2]}, back ${binary_parts[3]} s"
	done
	drop_sql bench
}

# A model of arrays, from a part of the rows.
scoring_model()
{
	sql "SELECT FROM clusterseg.models WHERE model = 'score_$1_$2'"
	sql "SELECT count(*) FROM clusterseg.models WHERE model = 'score_$1_$2'"
	[ "$answer" = 0 ] || return 0
	sql "SELECT k FROM clusterseg.train('score_$1_$2', 'SELECT id, v FROM arr_$1 WHERE id <= 20000', 'id', k => $2)"
}

# segment(model, real[]) over all rows against an aggregate in C that only reads the column.
part_segment()
{
	local cell d k gate n i
	n=$(scaled 1000000)
	for cell in "8 8 1.5" "8 64 1.5" "32 64 2" "128 64 3"; do
		read -r d k gate <<<"$cell"
		load_table "arr_$d" "$n" "$d" array
		scoring_model "$d" "$k"
		local ours=() floor=()
		for i in $(times $((2 * REPEATS - 1))); do
			sql_time "SELECT floor_sum(v) FROM arr_$d"
			floor+=("$cpu")
			sql_time "SELECT count(clusterseg.segment('score_${d}_$k', v)) FROM arr_$d"
			ours+=("$cpu")
		done
		compare "segment(name, real[$d]), k $k, $n rows" "$(median "${ours[@]}")" "$(median "${floor[@]}")" "aggregate that reads" "$gate" 1.25
	done
}

# A statement by itself in a warm session, with and without the work.
part_assign()
{
	local n work_us empty_us
	n=$(scaled 1000000)
	load_table arr_8 "$n" 8 array
	scoring_model 8 8
	sql "SELECT v FROM arr_8 WHERE id = 1"
	echo "SELECT segment_id FROM clusterseg.assign('score_8_8', '$answer'::real[])" >"$work/assign.sql"
	echo "SELECT segment_id FROM floor_nothing('score_8_8', '$answer'::real[]) AS segment_id" >"$work/nothing.sql"
	latencies "$work/nothing.sql" 20000
	empty_us=$p50
	latencies "$work/assign.sql" 20000
	work_us=$p50
	within "assign(name, real[8]) beyond an empty function" "$(calc "($work_us - $empty_us) / 1e6")" "$(calc "$empty_us / 1e6")" "empty function" 50e-6 -
}

# latencies SCRIPT TRANSACTIONS [CLIENTS]: p50, p99 of each of the clients' calls, in microseconds; the first tenth warms up
latencies()
{
	rm -f "$work"/log.*
	"$CLUSTERSEG_BIN/pgbench" -n -c "${3:-1}" -j "${3:-1}" -t "$2" -M prepared -f "$1" --log --log-prefix="$work/log" >"$work/pgbench" 2>&1 ||
		fail "pgbench: $(tail -n 3 "$work/pgbench")"
	read -r p50 p99 <<<"$(awk -v skip="$(($2 / 10))" 'NR > skip { print $3 }' "$work"/log.* | sort -n |
		awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)], v[int(NR * 0.99)] }')"
}

# Segments of all rows as a table.
part_labels()
{
	local n i
	n=$(scaled 1000000)
	load_table wide_8 "$n" 8 columns
	load_table arr_8 "$n" 8 array
	scoring_model 8 8
	drop_sql bench
	sql "SELECT k FROM clusterseg.train('bench', 'SELECT * FROM wide_8 WHERE id <= 20000', 'id', k => 8)"
	local array=() row=() floor=()
	for i in $(times $((2 * REPEATS - 1))); do
		sql "DROP TABLE IF EXISTS made; CHECKPOINT"
		sql_time "CREATE TABLE made AS SELECT id, 1 AS segment_id FROM wide_8"
		floor+=("$cpu")
		sql "DROP TABLE IF EXISTS made"
		sql_time "CREATE TABLE made AS SELECT id, clusterseg.segment('score_8_8', v) AS segment_id FROM arr_8"
		array+=("$cpu")
		sql "DROP TABLE IF EXISTS made"
		sql_time "CREATE TABLE made AS SELECT id, clusterseg.segment('bench', w) AS segment_id FROM wide_8 w"
		row+=("$cpu")
	done
	sql "DROP TABLE made"
	compare "segments of $n rows as a table, from arrays" "$(median "${array[@]}")" "$(median "${floor[@]}")" "CREATE TABLE AS" 1.5 1.2
	compare "    from rows of 8 columns" "$(median "${row[@]}")" "$(median "${floor[@]}")" "CREATE TABLE AS" 1.5 1.2
	drop_sql bench
}

# What the process takes while it trains, at most; alone, so that all of it is private, and as a draft:
# sorting the keys of members for their index is the server's, within maintenance_work_mem.
part_memory()
{
	local cell d k n pid before bytes
	n=$(scaled 1000000)
	for cell in "8 8" "32 64"; do
		read -r d k <<<"$cell"
		load_table "wide_$d" "$n" "$d" columns
		drop_sql bench
		"$CLUSTERSEG_BIN/psql" -XAtq >"$work/memory.out" 2>&1 <<-SQL
			SET max_parallel_workers_per_gather = 0;
			SELECT count(clusterseg.segment(name, '{}'::real[])) FROM (SELECT 'x' AS name WHERE false) x;
			SELECT sum(c1) FROM wide_$d WHERE id < 10;
			SELECT pg_backend_pid() AS pid \\gset
			\\setenv PID :pid
			\\! sed -n 's/^RssAnon:[^0-9]*\\([0-9]*\\) kB/before \\1/p' /proc/\$PID/status
			\\! $work/core memory \$PID >$work/memory.peak & sleep 0.2
			SELECT rows FROM clusterseg.train('bench', 'wide_$d', 'id', k => $k, publish => false, options => '{"workers": 0}');
		SQL
		before=$(sed -n 's/^before //p' "$work/memory.out")
		wait_for_file "$work/memory.peak"
		bytes=$(sed -n 's/^ok //p' "$work/memory.peak")
		compare "memory of train, d $d, k $k" "$(calc "$bytes - 1024 * $before")" "$(calc "$n * (4.8 * $d + 20)")" "1.2 n d 4 + 20 n" 1.0 - megabytes
	done
	drop_sql bench
}

wait_for_file() { local i; for i in $(times 50); do [ ! -s "$1" ] || return 0; sleep 0.1; done; fail "no $1"; }

# The events of make_events as a table.
load_events()
{
	make_events "$1"
	sql_one -c 'SET client_min_messages = warning' -c "DROP TABLE IF EXISTS events" -c "CREATE TABLE events (customer int NOT NULL, item text NOT NULL, at timestamptz NOT NULL)"
	"$work/core" events_table "$work/events" | sql_one -c "COPY events FROM STDIN (FORMAT binary)" || exit 1
	sql_one -c "CREATE INDEX ON events (customer)" -c "VACUUM (FREEZE, ANALYZE) events"
}

part_recommend()
{
	local n i
	n=$(scaled 1000000)
	load_events "$n"
	drop_sql shop
	sql_time "SELECT * FROM clusterseg.train_recommender('shop', 'events', 'customer', 'item', at => 'at', algorithm => 'itemknn', options => '{\"neighbours\": 50}')"
	if peers events_roundtrip events; then
		compare "train_recommender in SQL, itemknn, $n events" "$wall" "${reply[0]}" "CSV, SciPy" 1 0.5
		note "theirs: out and read ${reply[1]}, work ${reply[2]}, back ${reply[3]} s"
	else
		compare "train_recommender in SQL, itemknn, $n events" "$wall" - "CSV, SciPy" 1 0.5
	fi
	sql_one -c "VACUUM ANALYZE"
	printf '\\set c random(0, %d)\nSELECT * FROM clusterseg.recommend(%s, :c::int, 10);\n' "$(($(scaled 100000) - 1))" "'shop'" >"$work/recommend.sql"
	quiet
	latencies "$work/recommend.sql" 20000
	within "recommend for a customer, median" "$(calc "$p50 / 1e6")" - "" 1e-3 -
	within "    99th percentile" "$(calc "$p99 / 1e6")" - "" 3e-3 -
	first_calls "recommend in a fresh session, first call" "SELECT count(*) FROM clusterseg.recommend('shop', 7, 10)"
	load_table arr_8 "$n" 8 array
	scoring_model 8 8
	first_calls "segment by name in a fresh session, first call" "SELECT clusterseg.segment('score_8_8', '{0,0,0,0,0,0,0,0}'::real[])"
}

# The first statement of a connection, which loads the library and the model; the second beside it.
first_calls()
{
	local i first=() second=() both
	for i in $(times 15); do
		both=$(printf '\\timing on\n%s;\n%s;\n' "$2" "$2" | sql_one | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p')
		first+=("$(sed -n 1p <<<"$both")") second+=("$(sed -n 2p <<<"$both")")
	done
	note "$1: $(median "${first[@]}") ms, the second one $(median "${second[@]}") ms"
}
