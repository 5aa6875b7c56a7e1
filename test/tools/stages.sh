# stages.sh - the stages of check (sourced by test/tools/inside).
#
# stage_X [NAME...] runs the tests of a stage, X_one NAME one of them in the lane that is at hand.

WARNINGS="-Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers"
SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all"
export CORE_FLAGS="-std=gnu11 -Isrc -O1 -g -fno-omit-frame-pointer -ffp-contract=off $WARNINGS $SANITIZE"

find_clang() { command -v clang || ls /usr/bin/clang-[0-9]* 2>/dev/null | grep -E 'clang-[0-9]+$' | sort -rV | head -n 1; }

# ---- core: unit tests without a server and without a PostgreSQL header in sight ----

stage_core()
{
	have_folder test/core core || return
	local o=$SCRATCH/core
	mkdir -p "$o"
	printf 'int main(void) { return 0; }\n' >"$o/try.c"
	# shellcheck disable=SC2086
	if ! gcc $CORE_FLAGS -o "$o/try" "$o/try.c" 2>"$o/log"; then
		report fail core/sanitizers "gcc has no AddressSanitizer here" "$o/log"
		return
	fi
	# without the right to trace processes the leak check cannot run
	$(no_aslr) "$o/try" 2>/dev/null || { export LEAKS=0; echo "   (leaks cannot be looked for in this place)"; }

	ls src/core/*/*.c test/core/harness*.c | xargs -r -d '\n' -n 1 -P "$CPUS" bash test/tools/inside --one core_compile
	rm -f "$o/core.a"
	ar rcs "$o/core.a" "$o"/*.o
	find_tests test/core .c "$@" | grep '^test_' | each_test core_one

	# a little of make soak, so that the targets do not rot
	find_tests test/core .c "$@" | grep '^fuzz_' | each_test fuzz_brief
}

core_compile()
{
	local o
	o=$SCRATCH/core/$(echo "${1#src/core/}" | tr / _)
	gcc $CORE_FLAGS -c "$1" -o "${o%.c}.o" >"$o.log" 2>&1 || report fail "core/$1" "it does not compile" "$o.log"
}

core_one()
{
	local o=$SCRATCH/core/$1 began=$SECONDS tests
	if ! gcc $CORE_FLAGS "test/core/$1.c" "$SCRATCH/core/core.a" -o "$o" -lpthread -lm >"$o.log" 2>&1; then
		report fail "core/$1" "it does not compile" "$o.log"
	elif ASAN_OPTIONS=detect_leaks=${LEAKS:-1}:detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 \
		timeout "$TEST_TIMEOUT" $(no_aslr) "$o" >"$o.log" 2>&1 && grep -q '^ok ' "$o.log"; then
		tests=$(grep -c '^ok ' "$o.log")
		report ok "core/$1" "$tests tests, $((SECONDS - began)) s"
	else
		sed '/^ok /d; /^Shadow bytes/,$d' "$o.log" >"$o.short"
		report fail "core/$1" "after $((SECONDS - began)) s" "$o.short"
	fi
}

fuzz_brief()
{
	local o=$SCRATCH/core/$1 began=$SECONDS
	# shellcheck disable=SC2086
	if ! gcc $CORE_FLAGS "test/core/$1.c" test/tools/fuzz_main.c "$SCRATCH/core/core.a" -o "$o" -lpthread -lm >"$o.log" 2>&1; then
		report fail "core/$1" "it does not compile" "$o.log"
	elif ASAN_OPTIONS=detect_leaks=${LEAKS:-1} UBSAN_OPTIONS=print_stacktrace=1 \
		timeout "$TEST_TIMEOUT" $(no_aslr) "$o" $(ls -d test/core/corpus/"$1"/* 2>/dev/null) >"$o.log" 2>&1; then
		report ok "core/$1" "$(tail -n 1 "$o.log"), $((SECONDS - began)) s"
	else
		sed '/^Shadow bytes/,/^==.*ABORTING/d' "$o.log" >"$o.short"
		report fail "core/$1" "an input broke it" "$o.short"
	fi
}

# ---- build: without a warning, with every compiler that is here ----

stage_build()
{
	local clang
	clang=$(find_clang)
	if build gcc CC=gcc COPT=-Werror; then
		report ok build/gcc "$(gcc -dumpfullversion), -Werror"
	else
		report fail build/gcc "-Werror" "$(compile_errors "$SCRATCH/build/gcc.log")"
	fi
	if [ -z "$clang" ]; then
		report skip build/clang "there is no clang here"
	# the flags of a PostgreSQL that gcc built mean nothing to clang
	elif build clang CC="$clang" \
		COPT="-Werror -Wno-unknown-warning-option -Wno-ignored-optimization-argument -Wno-unused-command-line-argument -Wno-ignored-attributes"; then
		report ok build/clang "$("$clang" -dumpversion), -Werror"
	else
		report fail build/clang "-Werror" "$(compile_errors "$SCRATCH/build/clang.log")"
	fi
	build_bench
}

# The programs of test/bench, which nothing else compiles: they follow the core.
build_bench()
{
	local f log=$SCRATCH/build/bench.log
	for f in test/bench/*.c; do
		case $f in */floor.c) continue ;; esac
		gcc -std=gnu11 -D_GNU_SOURCE -Isrc -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers -Werror \
			-fsyntax-only "$f" || break
	done >"$log" 2>&1
	if [ -s "$log" ]; then
		report fail build/bench "-Werror" "$(cat "$log")"
	else
		report ok build/bench "-Werror"
	fi
}

# ---- lint: the rules of the sources ----

stage_lint()
{
	local t
	have_folder test/lint lint || return
	# symbols looks at what was built
	[ -f "$SCRATCH/build/gcc/clusterseg.so" ] || build gcc
	for t in $(if [ $# -gt 0 ]; then echo "$@"; else ls test/lint; fi); do
		[ -x "test/lint/$t" ] || continue
		if [ "$t" = symbols ] && [ ! -f "$SCRATCH/build/gcc/clusterseg.so" ]; then
			report skip lint/symbols "it does not build"
		elif BUILD=$SCRATCH/build/gcc "test/lint/$t" >"$SCRATCH/out/lint-$t" 2>&1; then
			report ok "lint/$t" "$(tail -n 1 "$SCRATCH/out/lint-$t")"
		else
			report fail "lint/$t" "$(grep -c . "$SCRATCH/out/lint-$t") lines" "$SCRATCH/out/lint-$t"
		fi
	done
}

# ---- regress, shared, isolation: pg_regress, one database for each test ----

# regress_like KIND NAME INPUTS EXPECTED PROGRAM: runs one file and compares what it printed
regress_like()
{
	local kind=$1 name=$2 out=$SCRATCH/out/$FLEET-$1/$2 began=$SECONDS options= label=$1/$2 passed trouble=0
	[ "$FLEET" = plain ] || label=$FLEET/$2
	mkdir -p "$out/in" "$out/results"
	ln -sfn "$TREE/$3" "$out/in/$([ "$kind" = isolation ] && echo specs || echo sql)"
	ln -sfn "$TREE/$4" "$out/in/expected"
	! "$5" --help | grep -q expecteddir || options=--expecteddir=$out/in
	fresh_lane
	timeout "$TEST_TIMEOUT" "$5" --bindir="$BIN" --inputdir="$out/in" --outputdir="$out" $options --encoding=UTF8 \
		--dbname=regression --load-extension=clusterseg "$name" >"$out/log" 2>&1
	passed=$?
	if server_trouble "$out/log"; then
		passed=1 trouble=1
	fi
	if [ $passed -eq 0 ]; then
		report ok "$label" "$((SECONDS - began)) s"
	elif [ "$UPDATE" = 1 ] && [ $trouble = 0 ] && [ -f "$out/results/$name.out" ]; then
		mkdir -p "$4" && cp "$out/results/$name.out" "$4/$name.out" && echo "$4/$name.out" >>"$SCRATCH/updated"
		report ok "$label" "its output is the expected one from now on"
	else
		regress_failure "$out" "$name" "$4" >"$out/short" 2>/dev/null
		report fail "$label" "$([ $passed -ne 124 ] || echo "no end after $TEST_TIMEOUT s")" "$out/short"
	fi
}

# What to show of a failure: the difference, else what was printed, else why nothing was.
regress_failure()
{
	if [ ! -f "$3/$2.out" ]; then
		echo "there is no $3/$2.out; it printed:"
		tail -n 40 "$1/results/$2.out"
	elif [ -s "$1/regression.diffs" ]; then
		head -n 60 "$1/regression.diffs" | sed "s|$1/||g; s|$TREE/||g"
	else
		tail -n 20 "$1/log"
	fi
	grep -A 40 "^the server's log:" "$1/log"
}

stage_regress()
{
	have_folder test/sql regress && ready_lanes regress || return
	find_tests test/sql .sql "$@" | each_test regress_one
}

# A first line "-- needs extension: NAME" skips a test where this server does not have that extension.
regress_one()
{
	local needs label=regress/$1
	[ "$FLEET" = plain ] || label=$FLEET/$1
	needs=$(sed -n '1s/^-- needs extension: *//p' "test/sql/$1.sql")
	if [ -n "$needs" ] && [ ! -f "$COPY$PG_SHAREDIR/extension/$needs.control" ]; then
		report skip "$label" "the extension $needs is not installed"
	else
		regress_like regress "$1" test/sql expected "$PG_TESTS/regress/pg_regress"
	fi
}

# Tests on the data sets beside the checkout: their path is \getenv shared CLUSTERSEG_SHARED
stage_shared()
{
	local t
	have_folder test/shared shared || return
	if [ -z "$CLUSTERSEG_SHARED" ]; then
		for t in $(find_tests test/shared .sql "$@"); do report skip "shared/$t" "there is no ../shared/data"; done
	elif ready_lanes shared; then
		find_tests test/shared .sql "$@" | each_test shared_one
	fi
}
shared_one() { regress_like shared "$1" test/shared test/shared/expected "$PG_TESTS/regress/pg_regress"; }

stage_isolation()
{
	have_folder test/isolation/specs isolation && ready_lanes isolation || return
	find_tests test/isolation/specs .spec "$@" | each_test isolation_one
}
isolation_one()
{
	regress_like isolation "$1" test/isolation/specs test/isolation/expected "$PG_TESTS/isolation/pg_isolation_regress"
}

# ---- pgtap and tap: files that print TAP ----

# tap_result LABEL LOG SECONDS: from what prove printed
tap_result()
{
	local n
	n=$(sed -n 's/^Files=1, Tests=\([0-9]*\),.*/\1/p' "$2")
	if grep -q '^Result: NOTESTS' "$2" && grep -q 'skipped' "$2"; then
		report skip "$1" "$(sed -n 's/.*skipped: *//p' "$2" | head -n 1)"
	elif grep -q '^Result: PASS' "$2" && ! grep -q "^the server's log:" "$2"; then
		report ok "$1" "$n checks, $3 s"
	else
		grep -v '^ok ' "$2" >"$2.short"
		report fail "$1" "" "$2.short"
	fi
}

stage_pgtap()
{
	local t
	have_folder test/pgtap pgtap || return
	if [ ! -f "$PG_SHAREDIR/extension/pgtap.control" ]; then
		for t in $(find_tests test/pgtap .sql "$@"); do report skip "pgtap/$t" "pgTAP is not installed for this PostgreSQL"; done
	elif ready_lanes pgtap; then
		find_tests test/pgtap .sql "$@" | each_test pgtap_one
	fi
}

pgtap_one()
{
	local log began=$SECONDS
	log=$SCRATCH/out/pgtap-$(echo "$1" | tr / _)
	fresh_lane
	{
		make_database pgtap && psql -Xq -d pgtap -c 'CREATE EXTENSION pgtap' &&
			timeout "$TEST_TIMEOUT" prove --verbose --merge --exec \
				"psql -X -A -t -q -d pgtap -v ON_ERROR_STOP=1 -v ON_ERROR_ROLLBACK=0 -P pager=off -f" "test/pgtap/$1.sql"
		server_trouble "$log"
	} >"$log" 2>&1
	tap_result "pgtap/$1" "$log" $((SECONDS - began))
}

stage_tap()
{
	local t why=
	have_folder test/t tap || return
	[ -d "$PG_TESTS/perl/PostgreSQL/Test" ] || why="this PostgreSQL came without its perl test modules"
	perl -MIPC::Run -e 1 2>/dev/null || why="the perl module IPC::Run is not installed"
	if [ -n "$why" ]; then
		for t in $(find_tests test/t .pl "$@"); do report skip "tap/$t" "$why"; done
	elif ready; then
		find_tests test/t .pl "$@" | each_test tap_one
	else
		report skip tap "there is nothing to test: the build failed"
	fi
}

# Each file makes its own nodes, by test/t/lib/ClusterSeg.pm
tap_one()
{
	local dir=$SCRATCH/tap/$1 began=$SECONDS
	mkdir -p "$dir/data" "$dir/log" "$SCRATCH/ports"
	TESTDIR=$dir TESTDATADIR=$dir/data TESTLOGDIR=$dir/log PG_TEST_PORT_DIR=$SCRATCH/ports PG_REGRESS=$PG_TESTS/regress/pg_regress \
		timeout "$TEST_TIMEOUT" prove --verbose --merge -I "$PG_TESTS/perl" -I test/t/lib "test/t/$1.pl" >"$dir.log" 2>&1
	grep -q '^Result: PASS' "$dir.log" || tail -qn 15 "$dir"/log/regress_log_* "$dir"/tmp_check/log/regress_log_* 2>/dev/null |
		sed 's/^/log: /' >>"$dir.log"
	tap_result "tap/$1" "$dir.log" $((SECONDS - began))
}

# ---- docs: what the pages say is what happens ----

stage_docs()
{
	ready_lanes docs || return
	if [ $# -gt 0 ]; then printf '%s\n' "$@"; else find README.md docs -name '*.md' | sort; fi |
		while IFS= read -r f; do
			# a page without SQL is not a test
			! grep -q '^ *```sql' "$f" || echo "$f"
		done | each_test docs_one
}

docs_one()
{
	local log began=$SECONDS options=
	log=$SCRATCH/out/docs-$(echo "$1" | tr / _)
	[ "$UPDATE" = 0 ] || options=--update
	fresh_lane
	timeout "$TEST_TIMEOUT" test/docs/run $options "$1" >"$log" 2>&1
	case $?-$(server_trouble "$log" && echo trouble) in
		0-) report ok "$1" "$(tail -n 1 "$log"), $((SECONDS - began)) s" ;;
		3-) report skip "$1" "$(tail -n 1 "$log")" ;;
		*) report fail "$1" "" "$log" ;;
	esac
	[ "$UPDATE" = 0 ] || echo "$1" >>"$SCRATCH/updated"
}

# ---- asan: the regression tests again, in a server that has the sanitised extension ----

stage_asan()
{
	have_folder test/sql asan || return
	if ! gcc -shared -fPIC -Wl,-z,initfirst -o "$SCRATCH/initfirst.so" test/tools/initfirst.c 2>"$SCRATCH/out/initfirst"; then
		report fail asan/preload "" "$SCRATCH/out/initfirst"
		return
	fi
	if ! build asan CC=gcc COPT="$SANITIZE -O1 -g -fno-omit-frame-pointer"; then
		report fail asan/build "" "$(compile_errors "$SCRATCH/build/asan.log")"
		return
	fi
	set_fleet asan
	if copy_server "$COPY" && install_into "$COPY" asan && READY=0 ready_lanes asan; then
		find_tests test/sql .sql "$@" | each_test regress_one
	fi
	set_fleet plain
}

# ---- upgrade: an updated extension is the same as a fresh one ----

stage_upgrade()
{
	local version script old names=${*:-}
	ready_lanes upgrade || return
	LANE=0
	version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" clusterseg.control)
	script=$COPY$PG_SHAREDIR/extension/clusterseg
	upgrade_snapshot fresh "$version" || return

	for old in test/upgrade/clusterseg--*.sql; do
		[ -f "$old" ] || continue
		old=$(basename "$old" .sql)
		cp "test/upgrade/$old.sql" "$script--${old#clusterseg--}.sql"
		upgrade_equal "from-${old#clusterseg--}" "${old#clusterseg--}"
		rm -f "$script--${old#clusterseg--}.sql"
	done
	upgrade_mechanism "$version" "$script"
	upgrade_comments
}

# upgrade_snapshot NAME VERSION: the catalog of the extension installed so and updated
upgrade_snapshot()
{
	local out=$SCRATCH/out/upgrade-$1
	fresh_lane
	if psql -Xq -v ON_ERROR_STOP=1 -c 'CREATE DATABASE upgrade' >"$out.log" 2>&1 &&
		psql -Xq -v ON_ERROR_STOP=1 -d upgrade -c "CREATE EXTENSION clusterseg VERSION '$2'" >>"$out.log" 2>&1 &&
		psql -Xq -v ON_ERROR_STOP=1 -d upgrade -c "ALTER EXTENSION clusterseg UPDATE" >>"$out.log" 2>&1 &&
		psql -XAtq -v ON_ERROR_STOP=1 -d upgrade -f test/tools/snapshot.sql >"$out" 2>>"$out.log"; then
		return 0
	fi
	report fail "upgrade/$1" "" "$out.log"
	return 1
}

upgrade_equal()
{
	upgrade_snapshot "$1" "$2" || return
	if diff -u "$SCRATCH/out/upgrade-fresh" "$SCRATCH/out/upgrade-$1" >"$SCRATCH/out/upgrade-diff"; then
		report ok "upgrade/$1" "$(grep -c . "$SCRATCH/out/upgrade-fresh") facts equal"
	else
		report fail "upgrade/$1" "fresh (-) and updated (+) differ" "$SCRATCH/out/upgrade-diff"
	fi
}

# Proves the comparison itself, also while there is no older version: a made-up former version whose
# update script puts everything right, and one whose script forgets to.
upgrade_mechanism()
{
	local change mend
	psql -XAtq -d upgrade -F '	' -c "SELECT p.oid::regprocedure, p.procost, quote_nullable(obj_description(p.oid, 'pg_proc'))
		FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
		JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'clusterseg' WHERE p.prokind = 'f'
		ORDER BY p.oid::regprocedure::text LIMIT 1" >"$SCRATCH/out/upgrade-function"
	IFS='	' read -r f cost comment <"$SCRATCH/out/upgrade-function"
	change="ALTER FUNCTION $f COST 4242; COMMENT ON FUNCTION $f IS 'formerly'; CREATE TABLE clusterseg.former (id int PRIMARY KEY);"
	mend="ALTER FUNCTION $f COST $cost; COMMENT ON FUNCTION $f IS $comment; DROP TABLE clusterseg.former;"

	{ cat "$2--$1.sql"; echo "$change"; } >"$2--former.sql"
	echo "$mend" >"$2--former--$1.sql"
	upgrade_equal made-up-version former

	echo "-- forgets everything" >"$2--former--$1.sql"
	if upgrade_snapshot forgetful-update former; then
		if [ "$(diff "$SCRATCH/out/upgrade-fresh" "$SCRATCH/out/upgrade-forgetful-update" | grep -c '^[<>]')" -ge 6 ]; then
			report ok upgrade/forgetful-update "the differences are seen"
		else
			report fail upgrade/forgetful-update "the comparison does not see a changed cost, a changed comment and a new table"
		fi
	fi
	rm -f "$2--former.sql" "$2--former--$1.sql"
}

# Everything that a user meets has a comment.
upgrade_comments()
{
	grep -E '^(member|column) .* comment: none$' "$SCRATCH/out/upgrade-fresh" |
		grep -E '^(column|member (function|procedure|aggregate|table|view|materialized view|type|operator)) ' |
		grep -vE '^member type clusterseg\._|^column clusterseg\._' >"$SCRATCH/out/upgrade-comments"
	if [ -s "$SCRATCH/out/upgrade-comments" ]; then
		report fail upgrade/comments "without COMMENT" "$SCRATCH/out/upgrade-comments"
	else
		report ok upgrade/comments "everything has one"
	fi
}
