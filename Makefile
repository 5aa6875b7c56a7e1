# clusterseg: customer segmentation and recommendation inside PostgreSQL.
#
#   make            build
#   make install    install into the PostgreSQL of pg_config (or PG_CONFIG=...)
#   make installcheck   regression and isolation tests in the running server that it was installed into
#   make demo       the main job in a private server    (DATA=file.csv: on your own rows)
#   make check      build and run every test in private servers
#   make bench      speed and memory, with peers where they are installed
#   make soak       longer fuzzing and endurance runs
#   make format     reformat the C sources
#
# The rooms: src/core never sees PostgreSQL, src/pg is the only room that does.
# Every .c file below src is built; a new algorithm needs no line here.

EXTENSION = clusterseg
MODULE_big = clusterseg
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" clusterseg.control)

SOURCES = $(sort $(wildcard src/core/*/*.c) $(wildcard src/pg/*.c))
OBJS = $(SOURCES:.c=.o)

DATA = $(wildcard sql/clusterseg--*--*.sql)
DATA_built = sql/clusterseg--$(EXTVERSION).sql
EXTRA_CLEAN = sql/clusterseg--$(EXTVERSION).sql $(OBJS:.o=.d) build results output_iso

# Each test wants a database of its own; pg_regress would run all of them in one.
NO_INSTALLCHECK = 1
REGRESS = $(sort $(wildcard test/sql/*.sql))
ISOLATION = $(sort $(wildcard test/isolation/specs/*.spec))

# No contraction of a*b+c: where it is wanted, the kernels say so themselves.
PG_CPPFLAGS = -Isrc
PG_CFLAGS = -O3 -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-declaration-after-statement \
	-Wno-missing-field-initializers -ffp-contract=off -MMD -MP

# Only what PostgreSQL calls is visible; the list is checked by test/lint.
ifeq ($(shell uname -s),Linux)
SHLIB_LINK = -Wl,--version-script=src/pg/exports.map
endif

# Private servers of the targets below bring their own pg_config along.
PRIVATE_TARGETS = check demo bench soak lint
ifneq ($(filter $(PRIVATE_TARGETS),$(MAKECMDGOALS)),)

.PHONY: $(PRIVATE_TARGETS)
check:
	@test/tools/run check
demo:
	@test/tools/run demo $(if $(filter command,$(origin DATA)),"$$DATA")
bench:
	@test/tools/run bench $(PART)
soak:
	@test/tools/run soak
lint:
	@test/tools/run lint

else

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
override with_llvm = no
include $(PGXS)

# Order of the parts is the order of their numbers.
sql/clusterseg--$(EXTVERSION).sql: $(sort $(wildcard sql/install/*.sql)) clusterseg.control
	cat $(sort $(wildcard sql/install/*.sql)) > $@

-include $(OBJS:.o=.d)

.PHONY: installcheck
installcheck:
	@test/tools/installcheck '$(bindir)' '$(datadir)' '$(dir $(PGXS))../test/regress/pg_regress' test $(REGRESS)
	@test/tools/installcheck '$(bindir)' '$(datadir)' '$(dir $(PGXS))../test/isolation/pg_isolation_regress' test/isolation $(ISOLATION)

.PHONY: format
format:
	clang-format -i $(shell find src test -name '*.[ch]')

endif
