# parts_linalg.sh - dense linear algebra against numpy and SciPy (sourced by run; uses core, peers and compare of
# tools.sh).

# linalg_against WHAT GATE AIM: WHAT as WHAT:PRECISION:M[:N[:K]]; both in turn, processor time, one thread
linalg_against()
{
	local i ours=() theirs=() words=${1//:/ }
	for i in $(times "$REPEATS"); do
		# shellcheck disable=SC2086
		core linalg $words
		ours+=("${reply[0]}")
		# shellcheck disable=SC2086
		if peers linalg $words; then theirs+=("${reply[0]}"); fi
	done
	if [ ${#theirs[@]} -gt 0 ]; then
		compare "$1" "$(median "${ours[@]}")" "$(median "${theirs[@]}")" "numpy, SciPy" "$2" "$3"
	else
		compare "$1" "$(median "${ours[@]}")" - "numpy, SciPy" "$2" "$3"
	fi
}

# Time over theirs: 1.43 is 0.7 of their speed.
part_linalg()
{
	local t
	for t in product:f32:512 product:f32:1024 product:f32:2048 product:f64:512 product:f64:1024 product:f64:2048; do
		linalg_against $t 1.43 1.1
	done
	for t in gram:f64:2000:1:2000 cholesky:f64:2000 cholesky:f32:2000; do linalg_against $t 1.43 1.1; done
	for t in inverse:f64:5000 inverse:f32:5000; do linalg_against $t 1.3 1.1; done
	for t in eigen:f64:1000 qr:f64:1000:1000; do linalg_against $t 2.5 1.5; done
	for t in qr:f64:100000:60 svd:f64:5000:2000:50; do linalg_against $t 1.43 1; done
}
