/*
 * test_network.c - layers, their training, soft assignments and pairs.
 *
 * Gradients are checked against finite differences in double precision, Adam and the
 * target distribution against their published formulas worked out by NumPy 2.4.
 */
#include "core/cluster/idec.h"
#include "core/cluster/network.h"
#include "core/cluster/pairs.h"
#include "harness.h"
#include "points.h"

/* ---- Adam ---- */

/*
 * Two steps of rate 0.1 from w = 1, -2 with gradients (0.5, -1), then (0.25, 3):
 * the first moves each weight by the rate against its sign.
 */
static void
test_adam(cs_env *env)
{
	float		w[2] = {1, -2},
				m[2] = {0, 0},
				v[2] = {0, 0};

	(void) env;
	cs_adam(w, (float[]) {0.5f, -1}, m, v, 2, 1, 0.1);
	CHECK_NEAR((double) w[0], 0.9, 1e-6);
	CHECK_NEAR((double) w[1], -1.9, 1e-6);
	cs_adam(w, (float[]) {0.25f, 3}, m, v, 2, 2, 0.1);
	CHECK_NEAR((double) m[0], 0.07, 1e-7);
	CHECK_NEAR((double) v[1], 0.009999, 1e-7);
	CHECK_NEAR((double) w[0], 0.80678204, 1e-6);
	CHECK_NEAR((double) w[1], -1.94941898, 1e-6);
}

/* ---- soft assignments ---- */

/* Three rows, two centres: NumPy by equations 3 and 4 of the paper. */
static const float soft_rows[3][2] = {{0, 0}, {1, 0.5f}, {3, 2}};
static const double soft_centers[4] = {0.2, 0.1, 2.5, 1.5};

static void
test_target(cs_env *env)
{
	const double q_of[3] = {0.90047393, 0.70247934, 0.10752688};
	const double p_of[3] = {0.98405441, 0.80779727, 0.01082498};
	double		q[3][2],
				p[2],
				f[2] = {0, 0};

	(void) env;
	for (int i = 0; i < 3; i++)
	{
		CHECK(cs_idec_soft(soft_rows[i], soft_centers, 2, 2, q[i]) == (i == 2));
		CHECK_NEAR(q[i][0], q_of[i], 1e-6);
		CHECK_NEAR(q[i][0] + q[i][1], 1, 1e-12);
		f[0] += q[i][0];
		f[1] += q[i][1];
	}
	for (int i = 0; i < 3; i++)
	{
		cs_idec_target(q[i], f, 2, p);
		CHECK_NEAR(p[0], p_of[i], 1e-6);
		CHECK_NEAR(p[0] + p[1], 1, 1e-12);
	}
}

static double
divergence_of(const float *z, const double *center, const double *p)
{
	double		q[2],
				sum = 0;

	(void) cs_idec_soft(z, center, 2, 2, q);
	for (int j = 0; j < 2; j++)
		sum += p[j] * log(p[j] / q[j]);
	return sum;
}

static void
test_divergence_gradient(cs_env *env)
{
	const double p[2] = {0.9, 0.1};
	double		q[2],
				centers[4] = {0};
	float		row[2] = {0, 0};

	(void) env;
	CHECK_NEAR(cs_idec_gradient(soft_rows[1], soft_centers, 2, 2, p, q, 1, row, centers),
			   divergence_of(soft_rows[1], soft_centers, p), 1e-12);
	for (int f = 0; f < 2; f++)
	{
		float		up[2] = {soft_rows[1][0], soft_rows[1][1]},
					down[2] = {soft_rows[1][0], soft_rows[1][1]};

		up[f] += 0x1p-10f;
		down[f] -= 0x1p-10f;
		CHECK_NEAR((double) row[f], (divergence_of(up, soft_centers, p) - divergence_of(down, soft_centers, p)) * 0x1p9, 1e-5);
	}
	for (int c = 0; c < 4; c++)
	{
		double		up[4],
					down[4];

		memcpy(up, soft_centers, sizeof(up));
		memcpy(down, soft_centers, sizeof(down));
		up[c] += 1e-5;
		down[c] -= 1e-5;
		CHECK_NEAR(centers[c], (divergence_of(soft_rows[1], up, p) - divergence_of(soft_rows[1], down, p)) / 2e-5, 1e-8);
	}
}

/* ---- the network ---- */

#define D 5
#define ROWS 7

typedef struct small
{
	cs_team		team;
	cs_crew		crew;
	cs_network	net;
	cs_trainer	t;
	float	   *x;
} small;

static void
open_small(cs_env *env, small *s)
{
	s->net = cs_network_shape(D, (int[]) {8, 6}, 2, 3);
	s->team = solo(env, cs_trainer_arena(&s->net, ROWS) + cs_crew_arena());
	s->crew = cs_crew_new(env, &s->team);
	s->t = cs_trainer_new(&s->crew, &s->net, ROWS);
	cs_rng_init(&s->t.rng, 5, CS_STREAM_NETWORK);
	cs_network_init(&s->net, &s->t.rng);
	s->x = draw_rows(env, ROWS, D, 3, draw_real);
}

/* The embedding's part of what is minimised: a sum of its values times these numbers. */
static double
reference_loss(const small *s, const double *w, const float *weight, const float *code)
{
	const cs_network *n = &s->net;
	double		sum = 0;

	for (int r = 0; r < ROWS; r++)
	{
		double		x[2][8] = {{0}, {0}};

		for (int f = 0; f < D; f++)
			x[0][f] = (double) s->x[r * D + f];
		for (int l = 0; l < n->layers; l++)
		{
			const double *from = x[l % 2];
			double	   *to = x[(l + 1) % 2];

			for (int o = 0; o < n->size[l + 1]; o++)
			{
				to[o] = w[n->at[l] + (size_t) (n->size[l] * n->size[l + 1] + o)];
				for (int i = 0; i < n->size[l]; i++)
					to[o] += from[i] * w[n->at[l] + (size_t) (i * n->size[l + 1] + o)];
				if (l + 1 != n->code && l + 1 != n->layers && to[o] < 0)
					to[o] = 0;
				if (l + 1 == n->code)
					sum += to[o] * (double) code[r * 3 + o];
			}
		}
		for (int f = 0; f < D; f++)
			sum += (double) weight[r] * pow(x[n->layers % 2][f] - (double) s->x[r * D + f], 2) / (ROWS * D);
	}
	return sum;
}

/*
 * All gradients, against differences of the same loss written once more, in double: steps of 1e-6 cross
 * no bend of a ReLU here, and what is left is the rounding of single precision.
 */
static void
test_gradient(cs_env *env)
{
	small		s;
	float		weight[ROWS],
			   *code = draw_rows(env, ROWS, 3, 9, draw_real);
	double	   *w,
				loss;
	size_t		n;
	int			some = 0;

	open_small(env, &s);
	n = cs_network_weights(&s.net);
	CHECK(s.net.layers == 6 && s.net.code == 3 && n == 5 * 8 + 8 + 8 * 6 + 6 + 6 * 3 + 3 + 3 * 6 + 6 + 6 * 8 + 8 + 8 * 5 + 5);
	for (int i = 0; i < ROWS; i++)
		weight[i] = 0.5f + 0.25f * (float) (i % 3);
	w = CS_ROOM(env, double, n);
	for (size_t i = 0; i < n; i++)
	{
		s.net.w[i] += 0.01f * draw_real(&s.t.rng);	/* biases, too */
		w[i] = (double) s.net.w[i];
	}
	memcpy(s.t.act[0], s.x, sizeof(float) * ROWS * D);
	memcpy(s.t.target, s.x, sizeof(float) * ROWS * D);
	cs_trainer_forward(&s.t, ROWS, s.net.layers, true);
	loss = cs_trainer_error(&s.t, ROWS, weight);
	for (int i = 0; i < ROWS * 3; i++)
		loss += (double) s.t.act[s.net.code][i] * (double) code[i];
	CHECK_NEAR(loss, reference_loss(&s, w, weight, code), 1e-5);
	cs_trainer_backward(&s.t, ROWS, code);
	for (size_t i = 0; i < n; i++)
	{
		double		held = w[i],
					up,
					slope;

		w[i] = held + 1e-6;
		up = reference_loss(&s, w, weight, code);
		w[i] = held - 1e-6;
		slope = (up - reference_loss(&s, w, weight, code)) / 2e-6;
		w[i] = held;
		CHECK_NEAR((double) s.t.grad[i], slope, 2e-6 + 2e-6 * fabs(slope));
		some += fabs(slope) > 0.01;
	}
	CHECK(some > 100);
}

/* ---- pairs ---- */

#define PAIRS 6

static double
pairs_loss(const double *z, const float *weight)
{
	double		sum = 0;

	for (int i = 0; i < PAIRS; i++)
		for (int j = 0; j < PAIRS; j++)
		{
			double		d2 = 0,
						q;

			for (int f = 0; f < 3; f++)
				d2 += pow(z[i * 3 + f] - z[(PAIRS + j) * 3 + f], 2);
			q = 1 / (1 + d2);
			/* 1 - q, with 1e-3 added to the squared distance above the line */
			sum -= (double) weight[i] / PAIRS * (i == j ? log(q) : CS_PAIRS_AGAINST / (PAIRS - 1) * log((d2 + 1e-3) * q));
		}
	return sum;
}

static void
test_pairs(cs_env *env)
{
	float	   *z = draw_rows(env, 2 * PAIRS, 3, 4, draw_real),
				square[PAIRS * PAIRS],
				grad[2 * PAIRS * 3],
				weight[PAIRS] = {1, 0.5f, 1, 2, 1, 0};
	double		wide[2 * PAIRS * 3];

	for (int f = 0; f < 3; f++)
		z[f] = z[(PAIRS + 2) * 3 + f];	/* anchor 0 lies on the partner of another */
	for (int i = 0; i < 2 * PAIRS * 3; i++)
		wide[i] = (double) z[i];
	CHECK_NEAR(cs_pairs_gradient(env, z, PAIRS, 3, weight, square, grad), pairs_loss(wide, weight), 1e-4);
	for (int i = 0; i < 2 * PAIRS * 3; i++)
	{
		double		held = wide[i],
					up;

		wide[i] = held + 1e-6;
		up = pairs_loss(wide, weight);
		wide[i] = held - 1e-6;
		CHECK_NEAR((double) grad[i], (up - pairs_loss(wide, weight)) / 2e-6, 2e-4);
		wide[i] = held;
	}
	CHECK_NEAR(cs_pairs_gradient(env, (float[]) {0, 3, 0, 7}, 1, 2, NULL, square, grad), log(17), 1e-6);	/* no others */
	CHECK_NEAR((double) grad[1], -8 / 17.0, 1e-6);
}

/* Dropped inputs are scaled so that the mean stays, and take no part in gradients. */
static void
test_dropout(cs_env *env)
{
	small		s;
	int			zeros = 0;

	open_small(env, &s);
	s.t.dropout = 0.5;
	for (int i = 0; i < 100; i++)
	{
		for (int v = 0; v < ROWS * D; v++)
			s.t.act[0][v] = 1;
		cs_trainer_forward(&s.t, ROWS, 1, true);
		for (int v = 0; v < ROWS * D; v++)
		{
			CHECK(s.t.act[0][v] == 0 || s.t.act[0][v] == 2);
			zeros += s.t.act[0][v] == 0;
		}
	}
	CHECK(zeros > 1600 && zeros < 1900);
}

/* The same embedding row by row, in one go, and by the trainer. */
static void
test_encode(cs_env *env)
{
	small		s;
	float		many[ROWS * 3],
				one[3],
				room[2 * ROWS * 8];

	open_small(env, &s);
	CHECK(cs_network_widest(&s.net) == 8);
	cs_network_encode(&s.net, s.x, ROWS, room, many);
	memcpy(s.t.act[0], s.x, sizeof(float) * ROWS * D);
	cs_trainer_forward(&s.t, ROWS, s.net.code, false);
	for (int i = 0; i < ROWS; i++)
	{
		cs_network_encode(&s.net, s.x + i * D, 1, room, one);
		CHECK(memcmp(one, many + i * 3, sizeof(one)) == 0);
		for (int f = 0; f < 3; f++)
			CHECK_NEAR((double) one[f], (double) s.t.act[3][i * 3 + f], 1e-5);
	}
}

TESTS_NO_SWEEP(test_adam, test_target, test_divergence_gradient, test_gradient, test_pairs, test_dropout, test_encode)
