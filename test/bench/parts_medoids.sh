# parts_medoids.sh - k-medoids and k-prototypes against the packages kmedoids and kmodes (sourced by run; uses core,
# peers and compare of tools.sh).

# medoids_against WHAT GATE AIM COMMAND N D WORDS...: both from the same rows, processor time, one thread
medoids_against()
{
	local what=$1 gate=$2 aim=$3 command=$4 n=$5 d=$6 ours=() theirs=() cost=- other=- i
	shift 6
	customers "$n" "$d"
	for i in $(times "$REPEATS"); do
		core "$command" "$work/customers_$d" "$n" "$d" "$@"
		ours+=("${reply[0]}") cost=${reply[2]}
		if peers "$command" "$work/customers_$d" "$n" "$d" "$@"; then theirs+=("${reply[0]}") other=${reply[2]}; fi
	done
	compare "$what" "$(median "${ours[@]}")" "$([ ${#theirs[@]} -eq 0 ] && echo - || median "${theirs[@]}")" "kmedoids, kmodes" "$gate" "$aim"
	[ "$other" = - ] || note "its cost: $(calc "$cost / $other") of theirs"
}

part_medoids()
{
	medoids_against "k-medoids, d 8, k 8" 0.5 0.2 medoids "$(scaled 10000)" 8 8
	medoids_against "k-medoids, d 32, k 16" 0.5 0.2 medoids "$(scaled 10000)" 32 16
}

part_prototypes()
{
	medoids_against "k-prototypes, 4 numbers, 4 categories, k 8" 0.02 0.01 prototypes "$(scaled 10000)" 8 4 8
}
