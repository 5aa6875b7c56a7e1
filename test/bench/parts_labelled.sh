# parts_labelled.sh - every algorithm on every labelled set beside the checkout, against the same method of scikit-learn,
# SciPy, kmedoids and hdbscan (sourced by run; needs the server).  Prints the tables of docs/quality.md.

# folder/set, columns of labels (the last is taken), scale
LABELLED_SETS="fcps/atom 1 none
fcps/chainlink 1 none
fcps/engytime 1 none
fcps/hepta 1 none
fcps/lsun 1 none
fcps/lsun3d 1 none
fcps/target 1 none
fcps/tetra 1 none
fcps/twodiamonds 1 none
fcps/wingnut 1 none
wut/circles 1 none
wut/graph 1 none
wut/labirynth 1 none
wut/mk1 1 none
wut/mk3 1 none
wut/mk4 1 none
wut/windows 1 none
gauss/g2mg_8_30 2 none
gauss/g2mg_8_60 2 none
gauss/g2mg_32_30 2 none
gauss/g2mg_32_60 2 none
gauss/g2mg_128_30 2 none
gauss/g2mg_128_60 2 none
uci-labelled/iris 1 none
uci-labelled/wine 1 zscore
uci-labelled/ecoli 1 zscore
uci-labelled/optdigits_train 1 none"

# algorithm of ours, of theirs, options as NAME=VALUE,...
LABELLED_METHODS="kmeans kmeans restarts=10
minibatch_kmeans minibatch_kmeans -
bisecting_kmeans bisecting_kmeans -
spherical_kmeans spherical_kmeans restarts=10
kmedoids kmedoids restarts=10
kprototypes - restarts=10
gmm gmm restarts=10,covariance=full
hierarchical hierarchical linkage=ward
hierarchical hierarchical linkage=average
hierarchical hierarchical linkage=complete
hierarchical hierarchical linkage=single"

# of dbscan and hdbscan: the best of these, on either side
LABELLED_SIZES="5 10 20 50 100 200"

# json NAME=VALUE,...: an object
json()
{
	[ "$1" != - ] || { echo '{}'; return; }
	awk -v o="$1" 'BEGIN {
		n = split(o, p, ",")
		for (i = 1; i <= n; i++) {
			split(p[i], v, "=")
			value = v[2] ~ /^[0-9.e+-]+$/ ? v[2] : "\"" v[2] "\""
			text = text (i > 1 ? ", " : "") "\"" v[1] "\": " value
		}
		print "{" text "}"
	}'
}

# Theirs into the table; nothing when there is no such peer.
labelled_theirs()
{
	sql "TRUNCATE labelled_theirs"
	[ "$1" != - ] || return 0
	# shellcheck disable=SC2086
	! peers labelled "$work/set.csv" "$columns" "$scale" "$work/theirs.csv" "$1" "$k" ${2//,/ } ||
		sql "COPY labelled_theirs FROM '$work/theirs.csv' (FORMAT csv)"
}

# labelled_one OURS THEIRS OPTIONS K: sets reply to our index, theirs, agreement, agreement of core rows (- where unknown)
labelled_one()
{
	labelled_theirs "$2" "${3/-/}"
	sql "SELECT COALESCE(round(ours::numeric, 4)::text, '-'), COALESCE(round(theirs::numeric, 4)::text, '-'), COALESCE(round(agreement::numeric, 4)::text, '-'),
		COALESCE(CASE WHEN core = 'NaN' THEN 'differ' ELSE round(core::numeric, 4)::text END, '-') FROM labelled_fit('$1', $4, '$scale', '$(json "$3")')"
	IFS='|' read -r -a reply <<<"$answer"
	printf '%s %s %s %s %s\n' "$set" "$1" "$3" "${reply[*]}" "$2" >>"$work/labelled"
}

# The set of a line of LABELLED_SETS into the server and to $work/set.csv; false when it is not there.
labelled_load()
{
	local file
	read -r file columns scale <<<"$1"
	set=${file##*/}
	file=$CLUSTERSEG_SHARED/data/$file.csv
	[ -f "$file" ] || file=$file.gz
	[ -f "$file" ] || return 1
	gzip -cdf "$file" >"$work/set.csv"
	chmod 644 "$work/set.csv"
	sql "TRUNCATE labelled_line RESTART IDENTITY; TRUNCATE labelled_row; COPY labelled_line (line) FROM PROGRAM 'tail -n +2 $work/set.csv';
		INSERT INTO labelled_row SELECT id, v[: cardinality(v) - $columns], v[cardinality(v)]::int FROM (SELECT id, string_to_array(line, ',')::float8[] FROM labelled_line) l (id, v);
		SELECT count(DISTINCT label) FROM labelled_row"
	k=$answer
}

labelled_set()
{
	local ours theirs options eps size
	while read -r ours theirs options; do
		labelled_one "$ours" "$theirs" "$options" "$k"
	done <<<"$LABELLED_METHODS"
	peers labelled_eps "$work/set.csv" "$columns" "$scale" 5 || reply=()
	for eps in "${reply[@]}"; do labelled_one dbscan dbscan "eps=$eps,min_points=5" NULL; done
	for size in $LABELLED_SIZES; do
		for theirs in hdbscan hdbscan_package; do labelled_one hdbscan $theirs "min_cluster_size=$size,min_points=5" NULL; done
	done
	# where the package is best; are its own labels the same with the rows in another order?
	size=$(awk -v s="$set" '$1 == s && $2 == "hdbscan" && $4 > best { best = $4; o = $3 } END { print o }' "$work/labelled")
	[ -n "$size" ] || return 0
	labelled_theirs hdbscan_package "$size"
	sql "CREATE TEMP TABLE IF NOT EXISTS before (LIKE labelled_theirs); TRUNCATE before; INSERT INTO before SELECT * FROM labelled_theirs"
	labelled_theirs shuffled "$size"
	sql "SELECT COALESCE(round(clusterseg.adjusted_rand_index(a.label, b.label)::numeric, 4), 0) FROM before a JOIN labelled_theirs b USING (id)"
	echo "$set shuffled $size $answer" >>"$work/labelled"
}

# The first table: ours, and theirs in brackets where it differs by 0.005 or more.
labelled_table()
{
	awk '
	function cell(o, t) { return sprintf("%.2f", o) (t != "-" && (o - t >= 0.005 || t - o >= 0.005) ? sprintf(" (%.2f)", t) : "") }
	function best(key, o, t) { if (!(key in ours) || o > ours[key]) ours[key] = o; if (t != "-" && (!(key in theirs) || t > theirs[key])) theirs[key] = t }
	!($1 in seen) { seen[$1] = 1; order[++sets] = $1 }
	$2 == "shuffled" { next }
	{ best($1 SUBSEP ($2 == "hierarchical" ? substr($3, 9) : $2), $4, $5) }
	END {
		n = split("kmeans minibatch_kmeans bisecting_kmeans spherical_kmeans kmedoids kprototypes gmm ward average complete single dbscan hdbscan", m, " ")
		printf "| set |"; for (j = 1; j <= n; j++) printf " %s |", m[j]; printf "\n|---|"; for (j = 1; j <= n; j++) printf "---|"; print ""
		for (i = 1; i <= sets; i++) {
			printf "| %s |", order[i]
			for (j = 1; j <= n; j++) { key = order[i] SUBSEP m[j]; printf " %s |", ((key in ours) ? cell(ours[key], ((key in theirs) ? theirs[key] : "-")) : "-") }
			print ""
		}
	}' "$work/labelled"
}

# The second: how far the labels themselves agree, for methods whose answer does not depend on a start.
labelled_agreement()
{
	awk '
	function low(key, v) { if (v != "-" && (!(key in least) || v < least[key])) least[key] = v }
	!($1 in seen) { seen[$1] = 1; order[++sets] = $1 }
	function told(v) { return v == "" ? "-" : v }
	$2 == "hierarchical" { low($1 SUBSEP substr($3, 9), $6) }
	$2 == "dbscan" { low($1 SUBSEP "dbscan", $6); if ($7 == "differ") differ[$1]++; else low($1 SUBSEP "core", $7) }
	$2 == "hdbscan" && $8 == "hdbscan" && $4 > top[$1] { top[$1] = $4; sk[$1] = $6 }
	$2 == "hdbscan" && $8 == "hdbscan_package" && $4 > top2[$1] { top2[$1] = $4; package[$1] = $6 }
	$2 == "shuffled" { itself[$1] = $4 }
	END {
		print "| set | ward | average | complete | single | dbscan, all radii | its core rows | hdbscan, scikit-learn | hdbscan, package | package, rows shuffled |"
		print "|---|---|---|---|---|---|---|---|---|---|"
		for (i = 1; i <= sets; i++) {
			s = order[i]
			printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", s, least[s SUBSEP "ward"], least[s SUBSEP "average"], least[s SUBSEP "complete"],
				least[s SUBSEP "single"], least[s SUBSEP "dbscan"], (differ[s] ? "differ" : least[s SUBSEP "core"]), told(sk[s]), told(package[s]), told(itself[s])
		}
	}' "$work/labelled"
}

part_labelled()
{
	local line set columns scale k
	[ -d "${CLUSTERSEG_SHARED:-}/data" ] || { note "labelled: there is no folder of labelled sets beside the checkout"; return; }
	sql_one -f "$bench/labelled.sql" || exit 1
	chmod 755 "$work"
	while read -r line; do
		labelled_load "$line" || { note "${line%% *}: not there"; continue; }
		labelled_set
	done <<<"$(printf '%s\n' "$LABELLED_SETS" | grep -E "${LABELLED:-.}")"
	echo; labelled_table
	echo; labelled_agreement
	echo; note "of dbscan and hdbscan the best of all options on either side; hdbscan of theirs is the better of scikit-learn and the package; below theirs by 0.005 or more:"
	awk '$5 != "-" && $4 <= $5 - 0.005 { print "    " $1, $2, $3, "ours", $4, $8, $5 }' "$work/labelled"
}
