# servers.sh - private servers for tests and shows (sourced by test/tools/inside).
#
# The server's programs and files are copied below a folder of ours and the extension is installed
# there with DESTDIR: PostgreSQL finds its files relative to its programs.  So nothing installed is
# touched, and the same way serves every version and every build of PostgreSQL.

SOCKETS=$SCRATCH/s
PG_BINDIR=$("$PG_CONFIG" --bindir)
PG_LIBDIR=$("$PG_CONFIG" --pkglibdir)
PG_SHAREDIR=$("$PG_CONFIG" --sharedir)
PG_TESTS=$(dirname "$("$PG_CONFIG" --pgxs)")/../test
PG_MAJOR=$("$PG_CONFIG" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')

# Which copy of the server: the plain one or the one with the sanitised extension.
export FLEET=${FLEET:-plain}
set_fleet()
{
	FLEET=$1
	case $1 in plain) COPY=$SCRATCH/pg FIRST_PORT=5000 ;; *) COPY=$SCRATCH/pg-$1 FIRST_PORT=6000 ;; esac
	BIN=$COPY$PG_BINDIR
	PATH=$BIN:$PLAIN_PATH
}
PLAIN_PATH=$PATH
set_fleet "$FLEET"

export PGHOST=$SOCKETS PGUSER=postgres PGDATABASE=postgres PGCLIENTENCODING=UTF8
export PGPORT=$((FIRST_PORT + ${LANE:-0}))

copy_server()
{
	local f
	mkdir -p "$1$PG_BINDIR" "$1$PG_LIBDIR" "$1$PG_SHAREDIR" || return 1
	for f in "$PG_BINDIR"/postgres "$PG_BINDIR"/psql "$PG_BINDIR"/initdb "$PG_BINDIR"/pg_* "$PG_BINDIR"/pgbench \
		"$PG_BINDIR"/*db "$PG_BINDIR"/*user; do
		# not everything in /usr/bin is PostgreSQL's
		case ${f##*/} in
			postgres | psql | initdb | pg_* | pgbench | createdb | dropdb | vacuumdb | reindexdb | clusterdb | createuser | dropuser)
				[ ! -f "$f" ] || cp -L "$f" "$1$PG_BINDIR/" || return 1 ;;
		esac
	done
	(cd "$PG_LIBDIR" && tar --exclude=./bitcode --exclude=./pgxs --exclude=./bin -cf - .) | tar -C "$1$PG_LIBDIR" -xf - &&
		(cd "$PG_SHAREDIR" && tar --exclude=./man --exclude=./doc -cf - .) | tar -C "$1$PG_SHAREDIR" -xf -
}

# install_into COPY BUILD
install_into()
{
	make -C "$SCRATCH/build/$2" --no-print-directory PG_CONFIG="$PG_CONFIG" DESTDIR="$1" install \
		>"$SCRATCH/install.log" 2>&1
}

data_of() { echo "$SCRATCH/server/$FLEET$1"; }

# start_server NUMBER: made and started, unless it runs
start_server()
{
	local data port=$((FIRST_PORT + $1))
	data=$(data_of "$1")
	if [ ! -d "$data" ]; then
		mkdir -p "$SCRATCH/server"
		"$BIN/initdb" -D "$data" -U postgres -A trust --no-sync --encoding=UTF8 $(locale_options) || return 1
		cat >>"$data/postgresql.conf" <<-CONF
			listen_addresses = ''
			unix_socket_directories = '$SOCKETS'
			port = $port
			fsync = off
			autovacuum = off
			synchronous_commit = off
			full_page_writes = off
			shared_buffers = 128MB
			max_worker_processes = 16
			max_parallel_workers = 8
			timezone = 'UTC'
			log_timezone = 'UTC'
			jit = off
			lc_messages = 'C'
		CONF
	fi
	if [ "$FLEET" = plain ]; then
		"$BIN/pg_ctl" -D "$data" -l "$data.log" -w -t 60 start
	else
		start_sanitised "$data" "$port"
	fi
}

# C for order and formats, UTF-8 for what a letter is.
locale_options()
{
	echo --locale=C
	if locale -a 2>/dev/null | grep -qix 'C.UTF-\?8'; then echo --lc-ctype=C.UTF-8; fi
}

# The sanitizers' libraries are loaded into the server only, not into pg_ctl or psql.  The third one
# makes AddressSanitizer start before libgpg-error's constructor takes a lock that its start needs
# (Debian 12; without it the server hangs).
start_sanitised()
{
	local tries=0
	LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so) $SCRATCH/initfirst.so" \
		ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1 \
		setsid $(no_aslr) "$BIN/postgres" -D "$1" >>"$1.log" 2>&1 </dev/null &
	until "$BIN/pg_isready" -q -p "$2"; do
		tries=$((tries + 1))
		if [ $tries -gt 300 ]; then
			tail -n 20 "$1.log"
			return 1
		fi
		sleep 0.2
	done
}

# AddressSanitizer's fixed addresses can collide with a very random layout.
no_aslr() { if setarch -R true 2>/dev/null; then echo setarch -R; fi; }

start_lanes()
{
	local i
	[ "${LANES:-}" != "$FLEET" ] || return 0
	for ((i = 0; i < JOBS; i++)); do
		start_server "$i" >"$SCRATCH/start.log" 2>&1 || return 1
	done
	LANES=$FLEET
}

# Before each test: the server is there, has only its own databases and roles, and the log is marked.
fresh_lane()
{
	local tries=0 log
	log=$(data_of "$LANE").log
	until "$BIN/pg_isready" -q; do
		tries=$((tries + 1))
		[ $tries -ne 50 ] || start_server "$LANE" >/dev/null 2>&1
		[ $tries -lt 300 ] || break
		sleep 0.1
	done
	psql -XAtq 2>/dev/null <<-'SQL'
		SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database
		 WHERE NOT datistemplate AND datname NOT IN ('postgres') AND datname NOT LIKE 'keep_%' \gexec
		SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname <> 'postgres' AND rolname !~ '^pg_' \gexec
	SQL
	LOG_MARK=$(stat -c %s "$log")
}

# What must not be in the server's log since fresh_lane, whatever the test says: appended to a file.
server_trouble()
{
	tail -c +$((LOG_MARK + 1)) "$(data_of "$LANE").log" | grep -aE -A 25 \
		'^TRAP|PANIC:|terminated by signal|ERROR: AddressSanitizer|runtime error:' |
		grep -aE '^TRAP|PANIC:|terminated by signal|Sanitizer|runtime error:|^ +#[0-9].* src/|Failed process' | head -n 40 >"$1.trouble"
	[ -s "$1.trouble" ] || return 1
	{ echo "the server's log:"; cat "$1.trouble"; } >>"$1"
}

make_database() { "$BIN/psql" -Xq -v ON_ERROR_STOP=1 -c "CREATE DATABASE $1" && "$BIN/psql" -Xq -v ON_ERROR_STOP=1 -d "$1" -c "CREATE EXTENSION clusterseg"; }
