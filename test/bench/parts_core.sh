# parts_core.sh - what is measured without a server (sourced by run).

# Lloyd passes from the same start rows, one thread.  The better of the peers counts.
part_kmeans()
{
	local cell d k gate aim n i
	n=$(scaled 1000000)
	for cell in "8 8 0.2 0.15" "32 64 0.25 0.2" "128 64 0.4 0.3"; do
		read -r d k gate aim <<<"$cell"
		load "$n" "$d"
		core load "$work/customers_$d" "$n" "$d"
		note "rows of $d features into tiles: $(seconds "${reply[0]}")"
		local ours=() sklearn=() faiss=() equal=()
		for i in $(times "$REPEATS"); do
			core lloyd "$k" 20 1
			ours+=("${reply[0]}") inertia=${reply[2]}
			! peers lloyd sklearn "$k" 20 1 || { sklearn+=("${reply[0]}"); equal+=("$(calc "($inertia - ${reply[2]}) / ${reply[2]}")"); }
			! peers lloyd faiss "$k" 20 1 || { faiss+=("${reply[0]}"); equal+=("$(calc "($inertia - ${reply[2]}) / ${reply[2]}")"); }
		done
		compare_with_faster "k-means, 20 passes, d $d, k $k" "$(median "${ours[@]}")" "$gate" "$aim"
		[ ${#equal[@]} -eq 0 ] || differences "    its inertia, relative difference" "${equal[@]}"
		[ "$k" = 8 ] || efficiency "$n" "$d" "$k" "$(median "${ours[@]}")"
	done
}

# Uses the arrays sklearn and faiss of the caller.
compare_with_faster()
{
	local s=- f=-
	[ ${#sklearn[@]} -eq 0 ] || s=$(median "${sklearn[@]}")
	[ ${#faiss[@]} -eq 0 ] || f=$(median "${faiss[@]}")
	if [ "$f" = - ] || { [ "$s" != - ] && holds "$s <= $f"; }; then
		compare "$1" "$2" "$s" "$(name_of sklearn scikit-learn)" "$3" "$4"
		[ "$f" = - ] || note "$(name_of faiss faiss): $(seconds "$f")"
	else
		compare "$1" "$2" "$f" "$(name_of faiss faiss)" "$3" "$4"
		[ "$s" = - ] || note "$(name_of sklearn scikit-learn): $(seconds "$s")"
	fi
}

# The largest of some relative differences must not be above 1e-4, better or worse.
differences()
{
	local what=$1 most
	shift
	most=$(printf '%s\n' "$@" | awk '{ v = $1 < 0 ? -$1 : $1; if (v > m) m = v } END { printf "%.3g", m }')
	judge_line "$what" "" "" "" "$most" "<=" 1e-4 -
}

# Operations of all distances over the peak of fused multiply-adds; passes that leave distances out may exceed it.
efficiency()
{
	local plain
	core peak
	local peak=${reply[0]}
	holds "$peak > 0" || return 0
	core plain "$3" 20 1
	plain=${reply[0]}
	at_least "kernel without pruning, d $2, k $3" "$(calc "40 * $1 * $2 * $3 / $plain / 1e9")" \
		"$(calc "int(40 * $1 * $2 * $3 / $plain / 1e9)") GF/s" "$peak" "$(calc "int($peak)") GF/s" "multiply-add peak" 0.55 0.75
}

# Greedy k-means++ on all rows.
part_seeding()
{
	local cell d k n i
	n=$(scaled 1000000)
	for cell in "8 8" "32 64" "128 64"; do
		read -r d k <<<"$cell"
		load "$n" "$d"
		local ours=() theirs=() a=() b=()
		for i in $(times "$REPEATS"); do
			core seed "$k" "$i" 1
			ours+=("${reply[0]}") a+=("${reply[2]}")
			! peers seed "$k" "$i" 1 || { theirs+=("${reply[0]}"); b+=("${reply[2]}"); }
		done
		compare "greedy k-means++, all rows, d $d, k $k" "$(median "${ours[@]}")" "$([ ${#theirs[@]} -eq 0 ] && echo - || median "${theirs[@]}")" \
			"$(name_of sklearn scikit-learn)" 0.333 0.12
		[ ${#b[@]} -eq 0 ] || note "inertia of its start: $(calc "$(mean "${a[@]}") / $(mean "${b[@]}")") of theirs"
	done
}

plain_number() { awk "BEGIN { printf \"%.6g\", $1 }"; }

# All defaults on both sides, one start, to convergence: the inertia that one gets.
part_quality()
{
	local cell d k n i
	for cell in "1000000 8 8" "100000 8 64" "100000 32 64"; do
		read -r n d k <<<"$cell"
		n=$(scaled "$n")
		load "$n" "$d"
		local ours=() theirs=() a=() b=()
		for i in 1 2 3 4 5; do
			core fit "$k" "$i" 1
			ours+=("${reply[0]}") a+=("${reply[2]}")
			! peers fit "$k" "$i" 1 1 || { theirs+=("${reply[0]}"); b+=("${reply[2]}"); }
		done
		compare "final inertia, 5 seeds, n $n, d $d, k $k" "$(mean "${a[@]}")" "$([ ${#b[@]} -eq 0 ] && echo - || mean "${b[@]}")" \
			"$(name_of sklearn scikit-learn)" 1.0 0.98 plain_number
		[ ${#b[@]} -eq 0 ] || note "to convergence: $(seconds "$(median "${ours[@]}")"), theirs $(seconds "$(median "${theirs[@]}")")"
	done
}

# The same work by two threads and by one, by the clock.
part_workers()
{
	local cell d k n i
	[ "$(nproc)" -ge 2 ] || { note "workers: there is one processor only"; return; }
	n=$(scaled 1000000)
	for cell in "8 8" "32 64" "128 64"; do
		read -r d k <<<"$cell"
		customers "$n" "$d"
		core load "$work/customers_$d" "$n" "$d"
		local one=() two=()
		quiet
		for i in $(times $((2 * REPEATS - 1))); do
			core lloyd "$k" 20 1
			one+=("${reply[1]}")
			core lloyd "$k" 20 2
			two+=("${reply[1]}")
		done
		at_least "two workers against one, d $d, k $k" "$(calc "1 / $(median "${two[@]}")")" "$(seconds "$(median "${two[@]}")")" \
			"$(calc "1 / $(median "${one[@]}")")" "$(seconds "$(median "${one[@]}")")" "one worker" 1.6 1.8
	done
}

part_silhouette()
{
	local n i bytes
	for n in 10000 50000; do
		n=$(scaled "$n")
		load "$n" 8
		core labels "$work/labels" "$n" 8
		local ours=() theirs=() equal=()
		for i in $(times $((n > 20000 ? 1 : REPEATS))); do
			core silhouette "$work/labels" "$n" 8 1
			ours+=("${reply[0]}") value=${reply[2]} bytes=${reply[3]}
			! peers silhouette "$work/labels" "$n" 1 || { theirs+=("${reply[0]}"); equal+=("$(calc "$value - ${reply[2]}")"); }
		done
		compare "exact silhouette, $n rows of 8" "$(median "${ours[@]}")" "$([ ${#theirs[@]} -eq 0 ] && echo - || median "${theirs[@]}")" \
			"$(name_of sklearn scikit-learn)" 0.1 0.04
		[ ${#equal[@]} -eq 0 ] || differences "    its value, difference" "${equal[@]}"
		compare "    its memory" "$bytes" "$(calc "4.0 * $n * $n")" "all distances" 0.1 0.01 megabytes
	done
}

# Cosine, 50 neighbours an item.  Both sides start from customers and items as numbers, in memory.
part_itemknn()
{
	local n i
	n=$(scaled 1000000)
	make_events "$n"
	local ours=() theirs=() grouping=()
	for i in $(times "$REPEATS"); do
		core itemknn "$work/events" cosine 50 0 "$work/similarities"
		grouping+=("${reply[0]}") ours+=("${reply[1]}")
		! peers itemknn "$work/events" scipy 50 || theirs+=("${reply[0]}")
	done
	compare "itemknn, $n events" "$(median "${ours[@]}")" "$([ ${#theirs[@]} -eq 0 ] && echo - || median "${theirs[@]}")" \
		"$(name_of scipy SciPy)" 0.6 0.3
	note "grouping the events, which SciPy's matrix has behind it: $(seconds "$(median "${grouping[@]}")")"
	! peers compare "$work/events" "$work/similarities" 50 ||
		note "largest difference of a similarity ${reply[0]}; ${reply[1]} of the pairs are the same, the others ties"
}

make_events()
{
	[ -f "$work/events" ] || core events "$work/events" "$1" "$(scaled 100000)" "$(scaled 10000)"
}

# All defaults to convergence: what n costs.
part_growth()
{
	local n
	note "k-means to convergence, d 8, k 8, one thread, for rising n:"
	for n in 10000 100000 1000000 10000000; do
		n=$(scaled "$n")
		customers "$n" 8
		core load "$work/customers_8" "$n" 8
		core fit 8 1 1
		note "$(printf 'n %9d: %9s, %3d passes, %6.1f ns a row, %5.2f ns a row and pass, %s' "$n" "$(seconds "${reply[0]}")" "${reply[3]}" \
			"$(calc "1e9 * ${reply[0]} / $n")" "$(calc "1e9 * ${reply[0]} / $n / ${reply[3]}")" "$(megabytes "${reply[4]}") besides the rows")"
	done
	rm -f "$work/customers_8"
}
