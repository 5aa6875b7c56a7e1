# parts_deep.sh - deep against k-means on principal components, and its time with the layers of its papers (sourced
# by run; uses core, peers, at_least and within of tools.sh).

points() { awk "BEGIN { printf \"%.1f %%\", 100 * $1 }"; }

# digits_against SCALE: median accuracy of five seeds; the gate is a ratio, as the issue asks for ten points
digits_against()
{
	local seed ours=() theirs=() a b
	for seed in 1 2 3 4 5; do
		core digits "$work/digits.csv" "$1" "$seed" 1
		ours+=("${reply[2]}")
		if peers digits "$work/digits.csv" "$1" "$seed"; then theirs+=("${reply[2]}"); fi
	done
	a=$(median "${ours[@]}")
	note "digits, $1: ours ${ours[*]}"
	if [ ${#theirs[@]} -eq 0 ]; then
		note "digits, $1: median $(points "$a"), not compared"
		return
	fi
	b=$(median "${theirs[@]}")
	note "digits, $1: theirs ${theirs[*]}"
	at_least "digits, $1: accuracy above 0.1 + theirs" "$a" "$(points "$a")" "$(calc "$b + 0.1")" "$(points "$b")" \
		"$(name_of sklearn "PCA, k-means")" 1 1.05
}

part_digits()
{
	local file=${CLUSTERSEG_SHARED:-}/data/uci-labelled/optdigits_train.csv.gz
	if [ ! -r "$file" ]; then
		note "digits: CLUSTERSEG_SHARED names no folder with them"
		return
	fi
	gzip -dc "$file" >"$work/digits.csv"
	digits_against none
	digits_against zscore
}

part_network()
{
	local n
	n=$(scaled 10000)
	core network "$n" 784 "$(nproc)"
	within "deep, $n x 784, 500-500-2000-10, all threads" "${reply[1]}" - "" 600 180
	note "seconds: neighbours and first pass ${reply[2]}, other passes of the embedding ${reply[3]} (${reply[7]} passes), start ${reply[4]},"
	note "refinement ${reply[5]} (${reply[8]} passes), comparison with k-means ${reply[6]}"
}
