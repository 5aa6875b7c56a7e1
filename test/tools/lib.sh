# lib.sh - what test/tools/run needs before it enters the scratch folder (sourced).

STAGES="core build lint regress shared isolation pgtap tap docs upgrade asan"

die() { echo "$*" >&2; exit 1; }

# ---- PostgreSQL ----

# Is this the pg_config of a PostgreSQL 15 to 18 that extensions can be built for and run in?
usable_pg()
{
	local version bin
	version=$("$1" --version 2>/dev/null | sed -n 's/^PostgreSQL \([0-9]*\).*/\1/p')
	[ -n "$version" ] && [ "$version" -ge 15 ] && [ "$version" -le 18 ] || return 1
	bin=$("$1" --bindir)
	[ -x "$bin/postgres" ] && [ -x "$bin/initdb" ] && [ -f "$("$1" --pgxs)" ] &&
		[ -f "$("$1" --includedir-server)/postgres.h" ]
}

find_pg()
{
	local c
	if [ -n "${PG_CONFIG:-}" ]; then
		PG_CONFIG=$(command -v "$PG_CONFIG") && usable_pg "$PG_CONFIG"
		return
	fi
	for c in $(command -v pg_config) $(ls -d /usr/lib/postgresql/*/bin/pg_config 2>/dev/null | sort -rV); do
		if usable_pg "$c"; then
			PG_CONFIG=$c
			return 0
		fi
	done
	return 1
}

# ---- packages ----

compiles()
{
	local out
	out=$(mktemp) || return 1
	printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' | gcc -x c -o "$out" - 2>/dev/null
	set -- $?
	rm -f "$out"
	return "$1"
}

# Sets need (nothing goes without) and wish (stages of check are skipped without).
missing_parts()
{
	need= wish=
	find_pg || need="server"
	command -v make >/dev/null || need="$need make"
	compiles || need="$need gcc"
	case $1 in check | stage | lint | soak)
		command -v prove >/dev/null || need="$need perl" ;;
	esac
	case $1 in check | stage)
		perl -MIPC::Run -e 1 2>/dev/null || wish="$wish ipcrun"
		# not every distribution has pgvector
		if [ -n "${PG_CONFIG:-}" ] && [ ! -f "$("$PG_CONFIG" --sharedir)/extension/vector.control" ] &&
			apt-cache show "postgresql-$("$PG_CONFIG" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')-pgvector" >/dev/null 2>&1; then
			wish="$wish pgvector"
		fi
		if [ -z "${PG_CONFIG:-}" ]; then
			wish="$wish pgtap"
		elif [ ! -f "$("$PG_CONFIG" --sharedir)/extension/pgtap.control" ]; then
			case $("$PG_CONFIG" --bindir) in /usr/lib/postgresql/*) wish="$wish pgtap" ;; esac
		fi ;;
	esac
}

prerequisites()
{
	local asked bin
	asked=${PG_CONFIG:-}
	if [ -n "$asked" ] && ! find_pg; then
		die "PG_CONFIG=$asked is not the pg_config of a PostgreSQL 15 to 18 with server and headers"
	fi
	missing_parts "$1"
	if [ -n "$need$wish" ]; then
		install_packages
		hash -r
		missing_parts "$1"
		[ -z "$need" ] || die "Cannot go on without: $need (see above)."
		[ -z "$wish" ] || echo "Without $wish some tests will be skipped (see above)."
	fi
	bin=$("$PG_CONFIG" --bindir)
	echo "$("$PG_CONFIG" --version) in $bin," \
		"gcc $(gcc -dumpfullversion), $(make --version | sed -n '1s/GNU Make/make/p'), $(nproc) CPUs"
}

install_packages()
{
	local become= major=
	[ -z "${PG_CONFIG:-}" ] || major=$("$PG_CONFIG" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
	if [ "$(id -u)" -ne 0 ]; then
		become=sudo
		if ! command -v sudo >/dev/null; then
			echo "Not installed: $need$wish. There is no sudo here; as root, this installs it:"
			sh "$tools/packages" --print "$major" $need $wish
			return
		fi
	fi
	if ! command -v apt-get >/dev/null; then
		echo "Not installed: $need$wish. There is no apt-get here; install by hand a PostgreSQL 15 to 18 with its"
		echo "development files, gcc, make, perl, and for the tests pgTAP and the perl module IPC::Run."
		return
	fi
	# through a pipe: root need not be able to read this folder, nor the user a folder of root's
	$become sh -s -- "$major" $need $wish <"$tools/packages"
}

# ---- as whom, and where ----

# PostgreSQL refuses to run as root; then everything from here on is done as an unprivileged user.
choose_user()
{
	user=
	[ "$(id -u)" -eq 0 ] || return 0
	if id postgres >/dev/null 2>&1; then user=postgres; else user=nobody; fi
}

as_user()
{
	if [ -z "$user" ]; then
		"$@"
	elif command -v setpriv >/dev/null; then
		setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups -- "$@"
	else
		runuser -u "$user" -- "$@"
	fi
}

# A folder of that user's.  Its name must be plain (make), short (socket names end at 107
# characters), and programs must be allowed to start there.
make_scratch()
{
	local dir
	for dir in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
		case $dir in *[!A-Za-z0-9/._-]* | [!/]*) continue ;; esac
		[ ${#dir} -le 40 ] || continue
		scratch=$(cd / && as_user mktemp -d -p "$dir" --suffix=.clusterseg 2>/dev/null) || continue
		printf '#!/bin/sh\n' | (cd / && as_user sh -c 'cat >"$1/try" && chmod +x "$1/try" && "$1/try"' - "$scratch") 2>/dev/null && {
			(cd "$scratch" && as_user mkdir home t s out && as_user rm try)
			return
		}
		rm -rf "$scratch"
	done
	scratch=
	echo "No folder for scratch files: neither TMPDIR nor /tmp nor /var/tmp can be written and run programs" >&2
	return 1
}

# By tar, so that a folder that only its owner may enter can be copied to another user, without git,
# and without what a build left there.
copy_sources()
{
	as_user mkdir "$2" || return 1
	tar -C "$1" --exclude=./.git --exclude='*.o' --exclude='*.d' --exclude='*.so' --exclude='*.bc' --exclude=./build \
		--exclude=./results --exclude=./output_iso --exclude=tmp_check -cf - . 2>"$scratch/tar.log" |
		(cd "$2" && as_user tar --no-same-owner -xf -)
	if [ ! -f "$2/clusterseg.control" ]; then
		cat "$scratch/tar.log" >&2
		return 1
	fi
	find "$2/sql" -maxdepth 1 -name 'clusterseg--*.sql' ! -name 'clusterseg--*--*.sql' -delete
}

# Data sets beside the checkout, readable for the tests; nothing printed when there are none.
find_shared()
{
	local dir
	dir=$(cd "$1/../shared" 2>/dev/null && pwd -P) || return 0
	[ -d "$dir/data" ] || return 0
	if [ -n "$user" ] && ! (cd / && as_user test -r "$dir/data/load.sql") 2>/dev/null; then
		as_user mkdir "$scratch/shared" &&
			tar -C "$dir" -cf - data | (cd "$scratch/shared" && as_user tar --no-same-owner -xf -)
		dir=$scratch/shared
	fi
	echo "$dir"
}

# What --update wrote goes from the copy back into the checkout.
copy_updates()
{
	local f
	sort -u "$1/updated" | while IFS= read -r f; do
		case $f in *..* | /*) continue ;; expected/* | test/* | docs/* | *.md) ;; *) continue ;; esac
		cmp -s "$1/tree/$f" "$2/$f" && continue
		mkdir -p "$(dirname "$2/$f")" && cat "$1/tree/$f" >"$2/$f" && echo "wrote $f"
	done
}

# Every server that has its data below this folder, however it was started; nothing of it is kept.
stop_servers()
{
	local f pid tries=0 pids=
	while IFS= read -r f; do
		read -r pid <"$f" || continue
		case $pid in '' | *[!0-9]*) continue ;; esac
		[ "$(readlink "/proc/$pid/cwd")" = "${f%/*}" ] || continue
		kill -QUIT "$pid" 2>/dev/null && pids="$pids $pid"
	done < <(find "$1" -name postmaster.pid 2>/dev/null)
	for pid in $pids; do
		while kill -0 "$pid" 2>/dev/null && [ $tries -lt 150 ]; do
			sleep 0.1
			tries=$((tries + 1))
		done
	done
}

# ---- the user's own rows ----

CSV_COLUMNS=invoice_no,stock_code,description,quantity,invoice_date,unit_price,customer_id,country

# Case, underscores, quotes and a byte order mark do not matter.
check_csv()
{
	local first
	[ -e "$1" ] || die "$1: no such file"
	[ -f "$1" ] && [ -r "$1" ] || die "$1: not a file that can be read"
	first=$(gzip -dcf -- "$1" 2>/dev/null | head -n 1 | sed 's/^\xef\xbb\xbf//' | tr -d '\r"_ ' | tr '[:upper:]' '[:lower:]')
	[ "$first" = "$(echo $CSV_COLUMNS | tr -d _)" ] && return
	die "$1: the first line does not name the columns
    $CSV_COLUMNS
in this order, separated by commas. It is:
    $(gzip -dcf -- "$1" 2>/dev/null | head -n 1 | cut -c 1-200)"
}
