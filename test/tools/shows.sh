# shows.sh - demo, bench, soak and shell (sourced by test/tools/inside).

say() { printf '%s\n' "$*"; }
failed() { say "$*" >&2; exit 1; }

# one_server DATABASE: built, installed, started, with the extension in that database
one_server()
{
	say "building ..."
	ready || exit 1
	start_server 0 >"$SCRATCH/start.log" 2>&1 || failed "The private server did not start: $(tail -n 5 "$SCRATCH/start.log")"
	LANE=0 PGPORT=$FIRST_PORT
	make_database "$1" || exit 1
	export LANE PGPORT PGDATABASE=$1
}

run_sql() { psql -X -q -v ON_ERROR_STOP=1 -P pager=off "$@"; }

load_online_retail()
{
	run_sql -c "CREATE TABLE online_retail (invoice_no text, stock_code text, description text, quantity int,
		invoice_date timestamp, unit_price numeric, customer_id int, country text)" &&
		(set -o pipefail; gzip -dcf | run_sql -c "\\copy online_retail FROM pstdin WITH (FORMAT csv, HEADER)") &&
		run_sql -c "ANALYZE online_retail"
}

show_demo()
{
	local began script what
	began=$SECONDS
	one_server demo
	say "ready after $((SECONDS - began)) s: a private server with the extension; nothing else on this machine is touched"
	began=$SECONDS
	if [ -n "$CSV_NAME" ]; then
		script=test/demo/online_retail.sql what=$CSV_NAME
		load_online_retail <&3 || failed "$CSV_NAME could not be loaded: see the line that the message names."
	else
		script=test/demo/demo.sql what="a generated shop"
		run_sql -f docs/shop.sql >/dev/null || failed "docs/shop.sql failed"
	fi
	say "$what loaded in $((SECONDS - began)) s"
	say
	[ -f "$script" ] || failed "there is no $script"
	began=$SECONDS
	run_sql -f "$script" || failed "The demo failed, see above."
	say
	say "the demo took $((SECONDS - began)) s after loading"
	if [ "$KEEP" = 1 ]; then
		touch "$SCRATCH/keep_server"
		say
		say "The server goes on running.  To look around in it, and to end it:"
		say "    psql -h $SOCKETS -p $PGPORT -U postgres demo"
		say "    kill -INT $(head -n 1 "$(data_of 0)/postmaster.pid"); sleep 1; rm -r $SCRATCH"
	else
		say "(KEEP=1 make demo: the server goes on running, to look around in it)"
	fi
}

show_bench()
{
	[ -x test/bench/run ] || failed "there is no test/bench/run"
	one_server bench
	PG_CONFIG=$PG_CONFIG CLUSTERSEG_DEST=$COPY CLUSTERSEG_BIN=$BIN CLUSTERSEG_LOG=$(data_of 0).log test/bench/run "$@"
}

show_shell()
{
	one_server shell
	say "docs/shop.sql has a shop to play with: \\i docs/shop.sql"
	psql -v ON_ERROR_STOP=0
}

# ---- soak ----

FUZZ_FLAGS="-std=gnu11 -Isrc -O1 -g -ffp-contract=off -w -fno-sanitize-recover=all"

# The core once more, for libFuzzer.
fuzz_library()
{
	local o=$SCRATCH/fuzz
	export CLANG
	CLANG=$(find_clang)
	[ -n "$CLANG" ] || return 1
	mkdir -p "$o"
	printf '#include <stddef.h>\n#include <stdint.h>\nint LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);\n%s\n' \
		'int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n) { return n > 9 && d == 0; }' >"$o/try.c"
	"$CLANG" -fsanitize=fuzzer,address,undefined -o "$o/try" "$o/try.c" >"$o/log" 2>&1 || return 1
	ls src/core/*/*.c test/core/harness*.c | xargs -r -d '\n' -n 1 -P "$CPUS" bash test/tools/inside --one fuzz_compile
	ar rcs "$o/core.a" "$o"/*.o
}

fuzz_compile()
{
	local o
	o=$SCRATCH/fuzz/$(echo "${1#src/core/}" | tr / _)
	"$CLANG" $FUZZ_FLAGS -fsanitize=fuzzer-no-link,address,undefined -c "$1" -o "${o%.c}.o"
}

fuzz_long()
{
	local o=$SCRATCH/fuzz/$1 seeds=
	if ! "$CLANG" $FUZZ_FLAGS -fsanitize=fuzzer,address,undefined "test/core/$1.c" "$SCRATCH/fuzz/core.a" -o "$o" -lpthread -lm \
		>"$o.log" 2>&1; then
		report fail "soak/$1" "it does not compile" "$o.log"
		return
	fi
	[ ! -d "test/core/corpus/$1" ] || seeds=test/core/corpus/$1
	mkdir -p "$o.found"
	if $(no_aslr) "$o" -timeout=20 -rss_limit_mb=2048 -artifact_prefix="$o.crash-" -max_total_time="$SOAK_SECONDS" \
		"$o.found" $seeds >"$o.log" 2>&1; then
		report ok "soak/$1" "$(sed -n 's/^Done \([0-9]*\) runs in \([0-9]*\).*/\1 inputs, \2 s/p' "$o.log")"
	else
		{ grep -aE 'ERROR|SUMMARY|runtime error|^ +#[0-9].*(src|test)/' "$o.log" | head -n 30
			for f in "$o".crash-*; do echo "input (base64):"; base64 -w 100 "$f" | head -n 20; done; } >"$o.short"
		report fail "soak/$1" "an input broke it" "$o.short"
	fi
}

show_soak()
{
	local f
	say "== fuzzing, $SOAK_SECONDS s for each target"
	if fuzz_library; then
		for f in $(find_tests test/core .c | grep '^fuzz_'); do fuzz_long "$f"; done
		[ -n "${f:-}" ] || report fail soak/fuzz "there is no test/core/fuzz_*.c"
	else
		report skip soak/fuzz "no clang with libFuzzer"
	fi
	say "== endurance, two sessions for $SOAK_SECONDS s"
	one_server soak
	if ! { run_sql -f docs/shop.sql && run_sql -f test/tools/soak_prepare.sql; } >"$SCRATCH/out/soak" 2>&1; then
		report fail soak/prepare "" "$SCRATCH/out/soak"
		return
	fi
	soak_session 1 &
	soak_session 2
	wait
	for f in 1 2; do soak_verdict $f; done
}

# Whole rounds until the time is over; each notes the memory of its backend.
soak_session()
{
	local end=$((SECONDS + SOAK_SECONDS))
	{
		echo "\\set session $1"
		while [ $SECONDS -lt $end ]; do
			cat test/tools/soak_round.sql
			# psql reads ahead of what it runs; a round should not be far from its clock
			sleep 0.2
		done
	} | run_sql >"$SCRATCH/out/soak-$1" 2>&1 || echo "a statement failed" >>"$SCRATCH/out/soak-$1"
}

# Memory contexts show a leak of some hundred bytes in a round; what the process holds swings by megabytes.
soak_verdict()
{
	local rounds slope growth
	if grep -q 'ERROR\|failed\|terminated' "$SCRATCH/out/soak-$1"; then
		report fail "soak/session-$1" "" "$SCRATCH/out/soak-$1"
		return
	fi
	# the first fifth fills caches
	IFS='|' read -r rounds slope growth <<-END
		$(psql -XAtq -c "WITH r AS (SELECT *, row_number() OVER (ORDER BY id) AS round, ntile(5) OVER (ORDER BY id) AS part
			FROM soak_memory WHERE session = $1)
			SELECT count(*), (1024 * regr_slope(used, round) FILTER (WHERE part > 1))::int,
				((avg(resident) FILTER (WHERE part = 5) - avg(resident) FILTER (WHERE part = 2)) / 1024)::int FROM r")
	END
	if [ "${rounds:-0}" -ge 20 ] && [ "${slope:-9999}" -le 2000 ] && [ "${growth:-999}" -le 16 ]; then
		report ok "soak/session-$1" "$rounds rounds, $slope bytes more in each, the process grew by $growth MB"
	else
		report fail "soak/session-$1" "${rounds:-0} rounds (20 are needed), ${slope:-?} bytes more in each (2000 are allowed), the process grew by ${growth:-?} MB (16 are allowed)"
	fi
}
