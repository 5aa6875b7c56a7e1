# parts_reco.sh - recommenders: against published tables, and against what else computes the same (sourced by run).

# Quality, not speed: published.py counts its own gates.
part_published()
{
	local last
	"$PYTHON" -B "$bench/published.py" "${BENCH_MOVIELENS:-}" "${CLUSTERSEG_SHARED:-}" | tee "$work/published"
	last=$(tail -n 1 "$work/published")
	case $last in
		*" gates of published tables: "*) ;;
		*) fail "published.py ended early" ;;
	esac
	met=$((met + $(sed 's/.*: \([0-9]*\) met.*/\1/' <<<"$last"))) missed=$((missed + $(sed 's/.*, \([0-9]*\) missed.*/\1/' <<<"$last")))
}

# What tuning options inside the training data gains; no gate.
part_tuned()
{
	local line
	[ -r "${CLUSTERSEG_SHARED:-}/data/msweb/visits_train.csv.gz" ] || { note "tuned: needs the data sets beside the checkout"; return; }
	sql_one -v shared="$CLUSTERSEG_SHARED" -f "$bench/tuned.sql" >"$work/tuned" || fail "tuned.sql failed"
	while read -r line; do note "$line"; done <"$work/tuned"
}

# reco_seconds ALGORITHM OPTIONS...: of the core's fit, one thread; seconds
reco_seconds()
{
	core reco "$work/events" "$1" - "${@:2}"
	seconds=${reply[1]}
}

# training WHAT GATE AIM NAME OURS... -- THEIRS...: an algorithm of the core, and a command of the peers
training()
{
	local what=$1 gate=$2 aim=$3 name=$4 ours=() theirs=() mine=() i
	shift 4
	while [ "$1" != -- ]; do mine+=("$1"); shift; done
	shift
	for i in $(times "$REPEATS"); do
		reco_seconds "${mine[@]}"
		ours+=("$seconds")
		! peers "$@" || theirs+=("${reply[0]}")
	done
	compare "$what" "$(median "${ours[@]}")" "$([ ${#theirs[@]} -eq 0 ] && echo - || median "${theirs[@]}")" "$name" "$gate" "$aim"
}

# Passes of ials: of five, less those of one; solved exactly, where implicit takes three steps of conjugate gradients.
part_ials()
{
	local i ours=() lib first n
	n=$(scaled 1000000)
	make_events "$n"
	for i in $(times "$REPEATS"); do
		reco_seconds ials factors=64 iterations=1
		first=$seconds
		reco_seconds ials factors=64 iterations=5
		ours+=("$(calc "($seconds - $first) / 4")")
	done
	for lib in "cg 1 0.8 implicit" "cholesky 0.4 0.25 implicit,exact" "scipy 0.2 0.1 numpy,SciPy"; do
		# shellcheck disable=SC2086
		set -- $lib
		local theirs=()
		for i in $(times "$REPEATS"); do ! peers als "$1" "$work/events" 64 5 || theirs+=("${reply[0]}"); done
		compare "ials, a pass, 64 factors, $n events" "$(median "${ours[@]}")" "$([ ${#theirs[@]} -eq 0 ] && echo - || median "${theirs[@]}")" \
			"${4/,/, }" "$2" "$3"
	done
}

part_ease()
{
	make_events "$(scaled 1000000)"
	training "ease, $(scaled 10000) items" 1.3 1 "LAPACK, single" ease neighbours=500 -- ease "$work/events" 500 cholesky
	training "    the same" 1.3 1 "numpy" ease neighbours=500 -- ease "$work/events" 500 inverse
}

part_rp3beta()
{
	local n
	n=$(scaled 1000000)
	make_events "$n"
	training "rp3beta, 50 neighbours, $n events" 0.625 0.4 "SciPy" rp3beta neighbours=50 -- rp3beta "$work/events" 0.8 0.4 50
}

# The choice of auto against what it chooses from: the sum of fits by name, of what is not ruled out; and what the core estimated.
part_auto()
{
	local n a sum=0 estimated line=
	n=$(scaled 1000000)
	make_events "$n"
	for a in popular itemknn userknn rp3beta ease ials puresvd segment_mixture; do
		core estimate "$work/events" "$a"
		estimated=${reply[0]}
		reco_seconds "$a"
		sum=$(calc "$sum + $seconds")
		line="$line  $a $(seconds "$seconds") ($(seconds "$estimated"))"
	done
	note "fits by name, and as estimated:$line"
	core chosen "$work/events"
	compare "auto, $n events, one thread" "${reply[0]}" "$sum" "all fits, once" 1.5 1
	note "it is ${reply[1]} ${reply[2]}; ${reply[*]:4}"
}

# What events cost, all algorithms with their defaults.
part_reco_growth()
{
	local n a line
	for n in 100000 1000000 10000000; do
		n=$(scaled "$n")
		core events "$work/grown" "$n" "$((n / 10))" "$(scaled 10000)"
		line=
		for a in popular itemknn rp3beta ials puresvd; do
			core reco "$work/grown" "$a" -
			line="$line  $a $(calc "1e9 * ${reply[1]} / $n") ns"
		done
		note "$(printf 'n %9d: grouping %s ns an event;%s' "$n" "$(calc "1e9 * ${reply[0]} / $n")" "$line")"
	done
	rm -f "$work/grown"
}

# Every algorithm: training in SQL, calls of two clients with the session's caches warm, first calls of fresh sessions.
part_latency()
{
	local n a both first i
	n=$(scaled 1000000)
	load_events "$n"
	printf '\\set c random(0, %d)\nSELECT * FROM clusterseg.recommend(%s, :c::int, 10);\n' "$(($(scaled 100000) - 1))" "'shop'" >"$work/recommend.sql"
	sql "SELECT string_agg(DISTINCT algorithm, ' ') FROM clusterseg.algorithms WHERE kind = 'recommender' AND algorithm NOT IN ('segment_popular', 'content')"
	for a in $answer; do
		drop_sql shop
		sql_time "SELECT * FROM clusterseg.train_recommender('shop', 'events', 'customer', 'item', at => 'at', algorithm => '$a')"
		sql_one -c "VACUUM ANALYZE"
		quiet
		latencies "$work/recommend.sql" 4000 2
		within "recommend, $a, two clients, median" "$(calc "$p50 / 1e6")" - "" 1e-3 -
		within "    99th percentile" "$(calc "$p99 / 1e6")" - "" 5e-3 -
		first=()
		for i in $(times 9); do
			both=$(printf '\\timing on\nSELECT count(*) FROM clusterseg.recommend(%s, 7, 10);\n' "'shop'" | sql_one | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p')
			first+=("$both")
		done
		within "    first call of a session" "$(calc "$(median "${first[@]}") / 1e3")" - "" 50e-3 -
		note "trained in $(seconds "$wall")"
	done
}

# All customers at once. First the work alone, events and model in memory on both sides, one thread; then from rows to
# rows by all processors: recommend_all() into a table, against the rows fetched, implicit's call, and its lists copied back.
part_recommend_all()
{
	local n a i size option
	n=$(scaled 1000000)
	load_events "$n"
	for a in ials itemknn; do
		local ours=() theirs=() whole=() trip=() parts=
		size=$([ $a = ials ] && echo 64 || echo 50)
		option=$([ $a = ials ] && echo "factors=64 iterations=2" || echo "neighbours=50")
		drop_sql shop
		sql "SELECT * FROM clusterseg.train_recommender('shop', 'events', 'customer', 'item', algorithm => '$a', options => '$([ $a = ials ] && echo '{"factors": 64, "iterations": 2}' || echo '{"neighbours": 50}')')"
		sql_one -c "VACUUM ANALYZE"
		for i in $(times "$REPEATS"); do
			# shellcheck disable=SC2086
			core lists "$work/events" "$a" 10 $option
			ours+=("${reply[0]}")
			! peers recommend_all "$a" "$work/events" "$size" 10 || theirs+=("${reply[0]}")
			sql_one -c "SET client_min_messages = warning" -c "DROP TABLE IF EXISTS lists"
			sql_time "CREATE TABLE lists AS SELECT customer_id::int, rank, item_id, score FROM clusterseg.recommend_all('shop', 10)"
			whole+=("$wall")
			! peers lists_roundtrip events "$a" "$size" 10 || { trip+=("${reply[0]}"); parts="out and read ${reply[1]}, work ${reply[2]}, back ${reply[3]} s"; }
		done
		compare "lists, $a, $(scaled 100000) customers, one thread" "$(median "${ours[@]}")" "$([ ${#theirs[@]} -eq 0 ] && echo - || median "${theirs[@]}")" "implicit" 0.2 0.1
		compare "recommend_all, $a, from rows to rows" "$(median "${whole[@]}")" "$([ ${#trip[@]} -eq 0 ] && echo - || median "${trip[@]}")" "CSV, implicit" 0.3 0.2
		[ -z "$parts" ] || note "theirs, last time: $parts"
	done
}
