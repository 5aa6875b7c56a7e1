# tools.sh - the programs that are measured, how they are asked, how figures are compared (sourced by run).

fail() { echo "$*" >&2; exit 1; }

# ---- arithmetic ----

calc() { awk "BEGIN { printf \"%.6g\", $1 }"; }
holds() { awk "BEGIN { exit !($1) }"; }
scaled() { awk "BEGIN { printf \"%d\", $1 * $SCALE < 1000 ? 1000 : $1 * $SCALE }"; }

# median NUMBERS...
median() { printf '%s\n' "$@" | sort -g | awk '{ v[NR] = $1 } END { printf "%.6g", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }
mean() { printf '%s\n' "$@" | awk '{ s += $1 } END { printf "%.10g", s / NR }'; }
times() { local i; for ((i = 0; i < $1; i++)); do echo $i; done; }

# 0.0123 -> 12.3 ms, 1.5 -> 1.5 s
seconds()
{
	awk "BEGIN { t = $1; if (t < 0.001) printf \"%.1f us\", 1e6 * t; else if (t < 1) printf \"%.3g ms\", 1e3 * t; else printf \"%.3g s\", t }"
}
megabytes() { awk "BEGIN { printf \"%.4g MB\", $1 / 1e6 }"; }

# ---- the table ----

FORMAT='%-44s %10s %10s  %-19s %6s %7s %6s  %s\n'
heading() { printf "\n$FORMAT" "what" "ours" "theirs" "they are" "ratio" "gate" "aim" ""; }
note() { printf '    %s\n' "$*"; }

# judge RATIO SIGN GATE AIM: the last columns of a line
judge()
{
	local word
	if holds "$1 $2 $3"; then
		met=$((met + 1))
		word=met
		if [ "$4" != - ] && holds "$1 $2 $4"; then word="met, aim too"; fi
	else
		missed=$((missed + 1))
		word=MISSED
	fi
	echo "$word"
}

# compare WHAT OURS THEIRS NAME GATE AIM [UNIT]: ours / theirs must not be above GATE; THEIRS is - when missing
compare()
{
	local unit=${7:-seconds} ratio
	if [ "$3" = - ]; then
		printf "$FORMAT" "$1" "$($unit "$2")" "-" "$4" "-" "<= $5" "$6" "not compared"
		return
	fi
	ratio=$(calc "$2 / $3")
	judge_line "$1" "$($unit "$2")" "$($unit "$3")" "$4" "$ratio" "<=" "$5" "$6"
}

# at_least WHAT OURS OURS_TEXT THEIRS THEIRS_TEXT NAME GATE AIM: ours / theirs must not be below GATE
at_least() { judge_line "$1" "$3" "$5" "$6" "$(calc "$2 / $4")" ">=" "$7" "$8"; }

# within WHAT SECONDS THEIRS NAME GATE AIM: seconds not above GATE, no ratio; THEIRS is told only
within()
{
	local word
	word=$(met=0 missed=0; judge "$2" "<=" "$5" "$6")
	count "$word"
	printf "$FORMAT" "$1" "$(seconds "$2")" "$([ "$3" = - ] && echo - || seconds "$3")" "$4" "" \
		"$(seconds "$5" | tr -d ' ')" "$([ "$6" = - ] && echo - || seconds "$6" | tr -d ' ')" "$word"
}

judge_line()
{
	local word
	word=$(judge "$5" "$6" "$7" "$8")
	count "$word"
	printf "$FORMAT" "$1" "$2" "$3" "$4" "$(awk "BEGIN { printf \"%.3g\", $5 }")" "$6 $7" "$8" "$word"
}

count() { case $1 in met*) met=$((met + 1)) ;; *) missed=$((missed + 1)) ;; esac; }

# ---- the core ----

build_core()
{
	local f
	command -v gcc >/dev/null || fail "there is no gcc"
	mkdir -p "$work/o"
	for f in src/core/*/*.c "$bench"/*.c; do
		case $f in */floor.c) ;; *) echo "$f" ;; esac
	done | xargs -P "$(nproc)" -n 1 sh -c \
		'gcc -std=gnu11 -D_GNU_SOURCE -Isrc -O3 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers -ffp-contract=off -c "$1" -o "$0/$(echo "$1" | tr / _).o"' "$work/o" ||
		fail "the core does not compile"
	gcc -o "$work/core" "$work"/o/*.o -lpthread -lm || fail "the core does not link"
}

# talk_to NAME PROGRAM...: the program reads from fd $NAME_in and writes to $NAME_out
talk_to()
{
	local name=$1
	shift
	mkfifo "$work/$name.in" "$work/$name.out"
	"$@" <"$work/$name.in" >"$work/$name.out" &
	exec {fd_in}>"$work/$name.in" {fd_out}<"$work/$name.out"
	eval "${name}_in=$fd_in ${name}_out=$fd_out"
}

start_core() { talk_to core "$work/core"; }

# core WORDS...: sets reply (an array) to what follows ok
core()
{
	local line
	echo "$*" >&"$core_in"
	read -r -u "$core_out" line || fail "the core ended at: $*"
	case $line in ok*) read -r -a reply <<<"${line#ok}" ;; *) fail "core: $line" ;; esac
}

# ---- the peers ----

peers_in=
start_peers()
{
	local line
	if ! command -v "$PYTHON" >/dev/null; then
		echo "There is no $PYTHON: only our side is measured."
		return
	fi
	talk_to peers "$PYTHON" "$bench/peers.py" 2>"$work/peers.log"
	echo versions >&"$peers_in"
	read -r -u "$peers_out" line || fail "$PYTHON ended: $(tail -n 3 "$work/peers.log")"
	versions=${line#ok }
}

# name_of MODULE NAME: the name with its version
name_of() { echo "$2 $(sed -n "s/.*; $1 \([0-9][^;]*\);.*/\1/p" <<<"${versions:-};")"; }

# peers WORDS...: as core; false when a library is missing
peers()
{
	local line
	[ -n "$peers_in" ] || return 1
	echo "$*" >&"$peers_in"
	read -r -u "$peers_out" line || fail "$PYTHON ended at: $* $(tail -n 3 "$work/peers.log")"
	case $line in
		ok*) read -r -a reply <<<"${line#ok}" ;;
		missing*) return 1 ;;
		*) note "peers: $line"; return 1 ;;
	esac
}

# ---- the server ----

have_server() { [ -n "${CLUSTERSEG_BIN:-}" ]; }

sql_one() { "$CLUSTERSEG_BIN/psql" -XAtq -v ON_ERROR_STOP=1 "$@"; }

# More memory than the tests' server has, and one session that stays.
start_sql()
{
	local flags
	sql_one -c "ALTER SYSTEM SET shared_buffers = '3GB'" -c "ALTER SYSTEM SET max_wal_size = '8GB'" \
		-c "ALTER SYSTEM SET maintenance_work_mem = '2GB'" -c "ALTER SYSTEM SET autovacuum = off" || exit 1
	"$CLUSTERSEG_BIN/pg_ctl" -D "$(sql_one -c 'SHOW data_directory')" -w -m fast restart -l "$CLUSTERSEG_LOG" >/dev/null ||
		fail "the server does not restart"
	flags="-O3 -fPIC -Wall -I$("$PG_CONFIG" --includedir-server)"
	# shellcheck disable=SC2086
	gcc $flags -shared -o "$work/floor.so" "$bench/floor.c" || fail "floor.c does not compile"
	chmod 755 "$work" "$work/floor.so"
	sql_one -v lib="$work/floor" -f "$bench/floor.sql" || exit 1
	talk_to sql "$CLUSTERSEG_BIN/psql" -XAtq 2>&1
	sql "SET max_parallel_workers_per_gather = 0; SET client_min_messages = warning"
}

# sql STATEMENTS: in the session that stays; answer gets what they print
sql()
{
	local line
	printf '%s;\n\\echo the end of it\n' "$1" >&"$sql_in"
	answer=
	while read -r -u "$sql_out" line; do
		[ "$line" != "the end of it" ] || break
		case $line in ERROR:*) fail "$1: $line" ;; esac
		answer=$answer${answer:+$'\n'}$line
	done
}

# sql_time STATEMENT: sets cpu and wall to the seconds that it takes
sql_time()
{
	sql "SELECT cpu, wall FROM floor_clock() \\gset t_
	\\o /dev/null
	$1;
	\\o
	SELECT cpu - :t_cpu, wall - :t_wall FROM floor_clock()"
	cpu=${answer%%|*} wall=${answer##*|}
}

# load_table NAME ROWS D columns|array: a key and the customers of data.c
load_table()
{
	local columns
	[ "$(sql_one -c "SELECT to_regclass('$1')")" = "" ] || return 0
	customers "$2" "$3"
	case $4 in
		array) columns="v real[]" ;;
		*) columns=$(for i in $(times "$3"); do printf '%sc%d float8 NOT NULL' "${sep:-}" "$((i + 1))"; sep=', '; done) ;;
	esac
	sql_one -c "CREATE TABLE $1 (id bigint NOT NULL, $columns)"
	"$work/core" table "$work/customers_$3" "$2" "$3" "$4" | sql_one -c "COPY $1 FROM STDIN (FORMAT binary)" || exit 1
	sql_one -c "VACUUM (FREEZE, ANALYZE) $1" -c CHECKPOINT
}

# ---- data and machine ----

# customers N D: the file $work/customers_D has at least N rows
customers()
{
	local f=$work/customers_$2
	if [ "$(stat -c %s "$f" 2>/dev/null || echo 0)" -lt $((4 * $1 * $2)) ]; then
		"$work/core" customers "$f" "$1" "$2" >/dev/null || exit 1
	fi
}

# load N D: both sides have the rows
load()
{
	customers "$1" "$2"
	core load "$work/customers_$2" "$1" "$2"
	! peers load "$work/customers_$2" "$1" "$2"
}

# Wait, up to a minute, until other programs leave a processor or two free.
quiet()
{
	local i
	for i in $(times 12); do
		core busy 0.5
		holds "${reply[0]} < 0.25" && return
		sleep 4
	done
	note "the machine is busy: ${reply[0]} processors were in use before the next figures"
}

describe_machine()
{
	core simd auto
	echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) processors, vector code ${reply[0]}"
	echo "theirs: ${versions:-none}"
	[ "$SCALE" = 1 ] || echo "rows scaled by $SCALE: ratios are not those of the gates"
}
