/*
 * test_deep.c - neighbours, the map of them, and the whole fit (layers and losses: test_network.c).
 */
#include "core/cluster/deep.h"
#include "fits.h"

/* ---- neighbours ---- */

/* Groups far apart agree wholly; labels by chance agree by chance. */
static void
test_agreement(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 300, 2);
	int32_t    *own = CS_NEW(env, int32_t, 300),
			   *random = CS_NEW(env, int32_t, 300),
			   *same = CS_NEW(env, int32_t, 300);
	cs_rng		rng;

	cs_rng_init(&rng, 1, 1);
	for (size_t i = 0; i < 300; i++)
	{
		float		row[2] = {(float) (i % 3) * 50 + draw_real(&rng), draw_real(&rng)};

		cs_matrix_set_row(x, i, row);
		own[i] = (int32_t) (i % 3);
		random[i] = (int32_t) cs_rng_below(&rng, 3);
	}
	CHECK_NEAR(cs_neighbour_agreement(env, x, own, 3), 1, 1e-12);
	CHECK(fabs(cs_neighbour_agreement(env, x, random, 3)) < 0.1);
	CHECK(cs_neighbour_agreement(env, x, same, 3) == 0);
}

/* Against looking at all pairs; where there are more rows than may be asked, among those. */
static void
test_neighbours(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_rows(env, 90, 4, 8, draw_real), 90, 4);
	float		bound[4] = {1, 1, 1, 1};
	cs_deep_units u = {1, bound};
	int			k = 5;
	uint32_t   *near = cs_deep_neighbours(env, x, NULL, 1000, &k),
			   *within = cs_deep_neighbours(env, x, &u, 30, &k);

	CHECK(k == 5);
	for (size_t i = 0; i < 90; i++)
		for (int bounded = 0; bounded < 2; bounded++)
		{
			const uint32_t *found = (bounded ? within : near) + i * 5;
			double		d2[90];

			for (size_t o = 0; o < 90; o++)
			{
				float		a[4],
							b[4];

				cs_matrix_row(x, i, a);
				cs_matrix_row(x, o, b);
				if (bounded)
				{
					cs_deep_take(&u, 4, a);
					cs_deep_take(&u, 4, b);
				}
				d2[o] = square_distance(a, (double[]) {(double) b[0], (double) b[1], (double) b[2], (double) b[3]}, 4);
			}
			for (int o = 0; o < 5; o++)
			{
				int			nearer = 0;

				CHECK(found[o] != i && (!bounded || found[o] % 3 == 0));
				for (size_t other = 0; other < 90; other += bounded ? 3 : 1)
					nearer += other != i && d2[other] < d2[found[o]] - 1e-5;
				CHECK(nearer <= o);
			}
		}
	k = 50;
	CHECK(cs_deep_neighbours(env, x, NULL, 20, &k) != NULL && k == 19);
}

/* Two long strips side by side, which k-means would cut across: on the map each is one point. */
static void
test_map(cs_env *env)
{
	cs_matrix  *code = cs_matrix_new(env, 400, 2);
	cs_deep_job j = {.env = env, .code = *code};
	cs_fit_args args = {.x = code, .k = 2, .seed = 3};
	cs_rng		rng;
	float		first[2],
				row[2];

	cs_rng_init(&rng, 1, 1);
	for (size_t i = 0; i < 400; i++)
	{
		float		at[2] = {0.05f * (float) i, (float) (i % 2) * 3 + 0.3f * draw_real(&rng)};

		cs_matrix_set_row(code, i, at);
	}
	j.a = &args;
	j.map = *cs_matrix_new(env, cs_deep_map_rows(400, 2), 2);
	j.order = CS_NEW(env, uint32_t, 400);
	CHECK(j.map.n == 400 && cs_deep_map_rows(1, 2) == 0 && cs_deep_map_rows(100000, 20) == 5000 && cs_deep_map_rows(100, 60) == 0);
	cs_deep_map(&j);
	cs_matrix_row(&j.map, 0, first);
	for (size_t i = 0; i < 400; i++)
	{
		cs_matrix_row(&j.map, i, row);
		CHECK_NEAR((double) (row[0] * first[0] + row[1] * first[1]), i % 2 == 0, 0.05);
		CHECK(j.order[i] == i);
	}
}

/* ---- the whole ---- */

/* Three groups in 12 dimensions. */
static cs_matrix *
group_rows(cs_env *env, size_t n)
{
	return cs_matrix_from_rows(env, draw_groups(env, n, 12, 3, 6, 4), n, 12);
}

static cs_options *
quick(cs_env *env)
{
	cs_options *o = options_with(env, cs_deep.params, "epochs", 2);
	cs_option  *layers = &o->value[cs_params_find(cs_deep.params, "layers")];

	o->value[cs_params_find(cs_deep.params, "pretrain_epochs")].number = 2;
	o->value[cs_params_find(cs_deep.params, "embedding")].number = 4;
	layers->set = true;
	layers->rows = 1;
	layers->cols = 2;
	layers->cell = CS_NEW(env, double, 2);
	layers->cell[0] = 128;
	layers->cell[1] = 300;
	return o;
}

#define MOST_BYTES 400000

typedef struct run
{
	cs_fit_args args;
	cs_fit		fit[4];
	unsigned char bytes[4][MOST_BYTES]; /* of each member: its model */
	size_t		len[4];
} run;

static void
member(cs_env *env, cs_team *team, void *arg)
{
	run		   *r = arg;
	cs_fit		fit = {.algorithm = &cs_deep};
	cs_writer	w;
	unsigned char *bytes;

	cs_deep.fit(env, team, &r->args, &fit);
	cs_writer_init(env, &w);
	cs_begin_object(&w, NULL);
	cs_fit_save(env, &fit, &w);
	cs_end(&w);
	bytes = cs_writer_finish(&w, &r->len[team->rank]);
	CHECK(r->len[team->rank] <= MOST_BYTES);
	memcpy(r->bytes[team->rank], bytes, r->len[team->rank]);
	r->fit[team->rank] = fit;
}

static run *
new_run(cs_env *env, const cs_matrix *x, int k)
{
	run		   *r = CS_NEW(env, run, 1);

	r->args = (cs_fit_args) {.x = x, .k = k, .seed = 7, .options = quick(env)};
	return r;
}

/* The same bits for teams of one to three, on every member; groups are found. */
static void
test_teams(cs_env *env)
{
	run		   *r = new_run(env, group_rows(env, 320), 3);
	size_t		arena = cs_clusterer_arena(env, &cs_deep, r->args.options, 320, 12, 3);
	cs_team		team = solo(env, arena);

	member(env, &team, r);
	CHECK(team.used == 0 && r->fit[0].k == 3 && r->fit[0].measure[2].value > 0.9);
	for (int size = 2; size <= 3; size++)
	{
		run		   *other = new_run(env, r->args.x, 3);

		run_team(env, size, arena, member, other);
		for (int i = 0; i < size; i++)
			CHECK(other->len[i] == r->len[0] && memcmp(other->bytes[i], r->bytes[0], r->len[0]) == 0);
	}
}

/* A row of its own, and in a block, and after a trip through a document: the same. */
static void
test_scoring(cs_env *env)
{
	run		   *r = new_run(env, group_rows(env, 200), 4);
	cs_team		team = solo(env, cs_clusterer_arena(env, &cs_deep, r->args.options, 200, 12, 4));
	cs_scorer  *s;
	cs_near_block *near;
	float	   *score,
				row[12];
	cs_run		block;

	add_weights(env, (cs_matrix *) r->args.x);
	member(env, &team, r);
	s = cs_scorer_of_fit(env, &r->fit[0]);
	near = cs_near_block_for(env, s);
	score = CS_NEW(env, float, cs_scorer_room(s));
	block = cs_matrix_run(r->args.x, 0, NULL);
	s->algorithm->block(s, &block, near);
	for (size_t i = 0; i < 200; i++)
	{
		cs_nearest	n;
		double		p[4],
					sum = 0;

		cs_matrix_row(r->args.x, i, row);
		n = s->algorithm->nearest(s, row, score);
		CHECK(n.label == near->raw.label[i] && n.label2 == near->raw.label2[i] && n.d1 == near->d1[i] && n.d2 == near->d2[i]);
		CHECK(s->algorithm->label(s, row, score) == n.label && n.d1 <= n.d2);
		CHECK(cs_scorer_distance(s, row, n.label, score) == n.d1);
		s->algorithm->probability(s, row, score, p);
		for (int j = 0; j < s->k; j++)
		{
			sum += p[j];
			CHECK(p[j] <= p[n.label]);
		}
		CHECK_NEAR(sum, 1, 1e-12);
	}
}

/* Values beyond the bounds count as the bounds; what is huge has a distance all the same. */
static void
test_bounds(cs_env *env)
{
	run		   *r = new_run(env, group_rows(env, 200), 3);
	cs_team		team = solo(env, cs_clusterer_arena(env, &cs_deep, r->args.options, 200, 12, 3));
	cs_scorer  *s;
	const cs_deep_model *m;
	float		row[12],
			   *score;
	double		at_bound;

	member(env, &team, r);
	s = cs_scorer_of_fit(env, &r->fit[0]);
	score = CS_NEW(env, float, cs_scorer_room(s));
	m = s->extra;
	for (int f = 0; f < 12; f++)
	{
		CHECK(m->units.bound[f] >= 3 && m->units.scale > 0);
		row[f] = m->units.bound[f] / m->units.scale * 1.0001f;
	}
	at_bound = s->algorithm->nearest(s, row, score).d1;
	CHECK(isfinite(at_bound));
	row[3] = 3e38f;
	row[7] = INFINITY;
	CHECK(s->algorithm->nearest(s, row, score).d1 == at_bound);
}

/* One point a thousand times, one row, fewer rows than clusters' worth of batches. */
static void
test_degenerate(cs_env *env)
{
	cs_matrix  *same = cs_matrix_new(env, 100, 12);
	run		   *r = new_run(env, same, 1);
	cs_team		team = solo(env, cs_clusterer_arena(env, &cs_deep, r->args.options, 100, 12, 1));

	member(env, &team, r);
	CHECK(r->fit[0].k == 1 && r->fit[0].note != NULL);
	CHECK(cs_scorer_of_fit(env, &r->fit[0])->k == 1);
}

static void
fit_with(cs_env *env, const char *option, double cell, size_t memory)
{
	cs_options *o = quick(env);
	cs_fit_args args = {.x = group_rows(env, 60), .k = 2, .seed = 1, .options = o, .memory = memory};
	cs_fit		fit = {.algorithm = &cs_deep};
	cs_team		team;

	if (option)
		o->value[cs_params_find(cs_deep.params, option)].cell[0] = cell;
	team = solo(env, cs_clusterer_arena(env, &cs_deep, o, 60, 12, 2));
	cs_deep.fit(env, &team, &args, &fit);
}

static void
half_a_layer(cs_env *env)
{
	fit_with(env, "layers", 2.5, 0);
}

static void
no_layer(cs_env *env)
{
	fit_with(env, "layers", 0, 0);
}

static void
no_memory(cs_env *env)
{
	fit_with(env, NULL, 0, 100000);
}

/* A model of two clusters in 12 coordinates, one field of which is spoilt. */
enum
{
	SOUND,
	WEIGHT,
	WIDTH,
	SCALE,
	BOUND,
	CENTER
};

static void
load_spoilt(cs_env *env, int how)
{
	cs_network	net = cs_network_shape(12, (int[]) {4}, 1, 2);
	double		center[4] = {0};
	float		bound[12] = {0};
	cs_deep_model m = {&net, {1, bound}, center};
	cs_fit		fit = {.algorithm = &cs_deep, .k = 2, .d = how == WIDTH ? 11 : 12, .extra = &m};

	net.w = CS_NEW(env, float, cs_network_weights(&net));
	if (how == WEIGHT)
		net.w[7] = 1e9f;
	if (how == SCALE)
		m.units.scale = 1e31f;
	if (how == BOUND)
		bound[11] = -1;
	if (how == CENTER)
		center[3] = 1e200;
	cs_scorer_of_fit(env, &fit);
}

static void load_sound(cs_env *env) { load_spoilt(env, SOUND); }
static void load_infinite(cs_env *env) { load_spoilt(env, WEIGHT); }
static void load_other_width(cs_env *env) { load_spoilt(env, WIDTH); }
static void load_scale(cs_env *env) { load_spoilt(env, SCALE); }
static void load_bound(cs_env *env) { load_spoilt(env, BOUND); }
static void load_center(cs_env *env) { load_spoilt(env, CENTER); }

static void
test_failures(cs_env *env)
{
	CHECK_FAILS(env, half_a_layer, CS_E_PARAM, "invalid size of a layer: 2.5");
	CHECK_FAILS(env, no_layer, CS_E_PARAM, "invalid size of a layer: 0");
	CHECK_FAILS(env, no_memory, CS_E_LIMIT, "does not fit the memory");
	CHECK_FAILS(env, load_infinite, CS_E_DATA, "damaged");
	CHECK_FAILS(env, load_other_width, CS_E_DATA, "damaged");
	CHECK_FAILS(env, load_scale, CS_E_DATA, "damaged");
	CHECK_FAILS(env, load_bound, CS_E_DATA, "damaged");
	CHECK_FAILS(env, load_center, CS_E_DATA, "damaged");
	load_sound(env);
}

TESTS_NO_SWEEP(test_neighbours, test_agreement, test_map, test_teams, test_scoring, test_bounds, test_degenerate, test_failures)
