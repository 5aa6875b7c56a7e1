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
