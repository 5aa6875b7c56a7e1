# parts_clusters.sh - density, trees and mixtures against scikit-learn, fastcluster, hdbscan and fast_hdbscan (sourced by
# run; uses peers and compare of tools.sh).  Processor time, one thread; ours in a process of its own each time, so
# that its memory is its own.

# cluster WORDS...: our side, see clusters.c; sets reply
cluster()
{
	read -r -a reply <<<"$("$work/core" cluster "$@")"
	[ "${reply[0]:-}" = ok ] || fail "the core failed at: cluster $*"
	reply=("${reply[@]:1}")
}

# agree WHAT LABELS LABELS N
agree() { core agreement "$2" "$3" "$4"; note "$1: adjusted Rand index ${reply[0]}"; }

# both REPEATS THEIRS OURS: words of the one side and of the other, in turn; sets ours, theirs (medians, - when missing), our_bytes,
# their_bytes and the last replies, our_reply and their_reply
both()
{
	local i a=() b=() c=()
	theirs=- their_bytes=- their_reply=()
	for i in $(times "$1"); do
		# shellcheck disable=SC2086
		cluster $3
		a+=("${reply[0]}") our_bytes=${reply[6]} our_reply=("${reply[@]}")
		# shellcheck disable=SC2086
		if [ -n "$2" ] && peers $2; then b+=("${reply[0]}") c+=("${reply[2]}") their_reply=("${reply[@]}"); fi
	done
	ours=$(median "${a[@]}")
	[ ${#b[@]} -eq 0 ] || theirs=$(median "${b[@]}") their_bytes=$(printf '%s\n' "${c[@]}" | sort -g | tail -n 1)
}

bytes_of() { if [ "$1" = - ]; then echo -; else megabytes "$1"; fi; }

# curve ALGORITHM D K SIZES OPTIONS...: what n costs
curve()
{
	local algorithm=$1 d=$2 k=$3 sizes=$4 n last=
	shift 4
	note "$algorithm, d $d, for rising n:"
	for n in $sizes; do
		n=$(scaled "$n")
		customers "$n" "$d"
		cluster "$algorithm" "$work/customers_$d" "$n" "$d" "$k" - "$@"
		note "$(printf 'n %9d: %9s, %7.3g us a row, %4.0f bytes a row beside the rows' "$n" "$(seconds "${reply[0]}")" \
			"$(calc "1e6 * ${reply[0]} / $n")" "$(calc "${reply[6]} / $n")")${last:+, exponent $(calc "log(${reply[0]} / ${last% *}) / log($n / ${last#* })")}"
		last="${reply[0]} $n"
	done
}

# ---- dbscan: min_points 10, eps 1.2 times the median distance to the tenth row ----

dbscan_cell()
{
	local n d=$2 gate=$3 aim=$4 repeats=$5 recorded=${6:-} eps
	n=$(scaled "$1")
	customers "$n" "$d"
	core eps "$work/customers_$d" "$n" "$d" 10
	eps=${reply[0]}
	both "$repeats" "$([ -n "$recorded" ] || echo "dbscan $work/customers_$d $n $d $work/their_labels $eps 10")" \
		"dbscan $work/customers_$d $n $d 0 $work/our_labels eps=$eps min_points=10"
	if [ -n "$recorded" ]; then
		compare "dbscan, $n x $d" "$ours" "$recorded" "as recorded" "$gate" "$aim"
	else
		compare "dbscan, $n x $d" "$ours" "$theirs" "$(name_of sklearn scikit-learn)" "$gate" "$aim"
	fi
	note "eps $eps, ${our_reply[4]} clusters, ${our_reply[5]} noise; memory beside the rows: $(megabytes "$our_bytes"), theirs $(bytes_of "$their_bytes")"
	[ "$theirs" = - ] || agree "    labels (border rows of two clusters may differ)" "$work/our_labels" "$work/their_labels" "$n"
}

part_dbscan()
{
	dbscan_cell 100000 8 0.1 0.05 "$REPEATS"
	dbscan_cell 100000 32 0.35 0.14 1
	# theirs takes 344 s and all of the memory: FULL=1 runs it
	dbscan_cell 1000000 8 0.1 0.05 1 "$([ -n "${FULL:-}" ] || [ "$SCALE" != 1 ] || echo 344)"
	curve dbscan 8 0 "10000 100000 1000000" eps=0.8 min_points=10
}

# ---- Ward ----

ward_cell()
{
	local n d=$2
	n=$(scaled "$1")
	customers "$n" "$d"
	both "$REPEATS" "ward $work/customers_$d $n $d $work/their_labels 8 fastcluster" \
		"hierarchical $work/customers_$d $n $d 8 $work/our_labels linkage=ward"
	compare "Ward, $n x $d" "$ours" "$theirs" "$(name_of fastcluster fastcluster) vector" 0.333 0.25
	note "memory beside the rows: $(megabytes "$our_bytes"), theirs $(bytes_of "$their_bytes")"
	[ "$theirs" = - ] || agree "    8 segments" "$work/our_labels" "$work/their_labels" "$n"
	if peers ward "$work/customers_$d" "$n" "$d" "$work/their_labels" 8 sklearn; then
		compare "    the same" "$ours" "${reply[0]}" "$(name_of sklearn scikit-learn)" 0.1 0.05
		note "their memory: $(megabytes "${reply[2]}")"
		agree "    8 segments" "$work/our_labels" "$work/their_labels" "$n"
	fi
}

part_ward()
{
	local n
	ward_cell 20000 8
	ward_cell 20000 32
	n=$(scaled 200000)
	customers "$n" 8
	cluster hierarchical "$work/customers_8" "$n" 8 8 - linkage=ward
	compare "    memory of $n x 8 beside the rows" "${reply[6]}" "$(calc "12.0 * $n * 8")" "3 n d 4" 1 - megabytes
	note "$n x 8, all rows in the tree: $(seconds "${reply[0]}")"
	curve hierarchical 8 8 "10000 20000 50000 100000"
	note "above exact_rows, or where memory is short, 2000 small clusters of all rows come first:"
	curve hierarchical 8 8 "1000000" exact_rows=200000
}

# ---- hdbscan: min_cluster_size 50, min_points 10 ----

hdbscan_cell()
{
	local n d=$2 lib
	n=$(scaled "$1")
	customers "$n" "$d"
	both "$REPEATS" "" "hdbscan $work/customers_$d $n $d 0 $work/our_labels min_cluster_size=50 min_points=10"
	within "hdbscan, $n x $d" "$ours" - "" 6 2
	note "${our_reply[4]} clusters, ${our_reply[5]} noise; memory beside the rows: $(megabytes "$our_bytes")"
	for lib in hdbscan fast_hdbscan; do
		peers hdbscan "$work/customers_$d" "$n" "$d" "$work/their_labels" 50 10 "$lib" || { note "$lib: not compared"; continue; }
		compare "    the same" "$ours" "${reply[0]}" "$(name_of "$lib" "$lib")" 0.5 0.2
		note "theirs: ${reply[3]} clusters, ${reply[4]} noise, memory $(megabytes "${reply[2]}")"
		agree "    labels" "$work/our_labels" "$work/their_labels" "$n"
	done
}

part_hdbscan()
{
	hdbscan_cell 100000 8
	curve hdbscan 8 0 "10000 100000 1000000" min_cluster_size=50 min_points=10
}

# ---- gmm: 20 passes from the same start ----

gmm_cell()
{
	local n d=$2 k=$3 covariance=$4 gate=$5 aim=$6
	n=$(scaled "$1")
	customers "$n" "$d"
	both "$7" "gmm $work/customers_$d $n $d $k $covariance 20" \
		"gmm $work/customers_$d $n $d $k - init=given covariance=$covariance max_iterations=20 tolerance=0"
	compare "gmm $covariance, $n x $d, k $k, a pass" "$(calc "$ours / 20")" "$([ "$theirs" = - ] && echo - || calc "$theirs / 20")" \
		"$(name_of sklearn scikit-learn)" "$gate" "$aim"
	note "memory beside the rows: $(megabytes "$our_bytes"), theirs $(bytes_of "$their_bytes")"
	[ "$theirs" = - ] || note "log likelihood $(calc "-1 * ${our_reply[2]}") after ${our_reply[3]} passes, theirs ${their_reply[3]} after ${their_reply[4]}: difference $(calc "-1 * ${our_reply[2]} - ${their_reply[3]}")"
}

part_gmm()
{
	gmm_cell 1000000 8 8 full 0.2 0.08 1
	gmm_cell 100000 32 64 full 0.2 0.08 1
	gmm_cell 100000 8 8 full 0.2 0.08 "$REPEATS"
	gmm_cell 100000 8 8 diagonal 0.2 0.08 "$REPEATS"
	gmm_cell 100000 8 8 tied 0.2 0.08 "$REPEATS"
	curve gmm 8 8 "10000 100000 1000000" max_iterations=20 tolerance=0
}

# ---- a million equal rows: nothing may be quadratic ----

part_identical()
{
	local n a options
	n=$(scaled 1000000)
	head -c $((32 * n)) /dev/zero >"$work/identical"
	for a in kmeans minibatch_kmeans bisecting_kmeans kmedoids kprototypes gmm hierarchical dbscan hdbscan; do
		options=()
		[ $a != dbscan ] || options=(eps=0.5)
		cluster $a "$work/identical" "$n" 8 1 - "${options[@]}"
		within "$a, $n equal rows" "${reply[0]}" - "" 5 1
	done
	rm -f "$work/identical"
}
