/*
 * test_draws.c - beta variables, and what exploring says of its own probabilities.
 */
#include "reco.h"

#include "core/reco/draws.h"
#include "core/reco/shape.h"

typedef struct three
{
	cs_shape_item item[3];
	int			at;
} three;

static bool
next_of_three(void *host, int lane, cs_shape_item *out)
{
	three	   *l = host;

	if (lane != CS_SHAPE_LIST || l->at == 3)
		return false;
	*out = l->item[l->at++];
	return true;
}

/*
 * Three rates, Beta(1.5, 8.5), Beta(3, 7), Beta(20, 60): the probabilities that each is the largest are 0.103893,
 * 0.560350 and 0.335757 (SciPy: integral of the density of one times the distribution functions of the others).
 */
static void
propensities(cs_env *env)
{
	static const double a[] = {1.5, 3, 20},
				b[] = {8.5, 7, 60},
				exact[] = {0.103893, 0.560350, 0.335757};
	three		l;
	cs_shape_rules r = {.next = next_of_three, .host = &l};
	double		sum[3] = {0, 0, 0},
				came[3] = {0, 0, 0},
				told[3] = {0, 0, 0};
	const int	rounds = 4000;

	for (int i = 0; i < 3; i++)
		l.item[i] = (cs_shape_item) {i, i, -1, 3 - i, a[i], b[i]};
	for (int e = 1; e <= 2; e++)
	{
		r.explore = e == 1 ? 1 : 0.3;
		memset(came, 0, sizeof(came));
		memset(told, 0, sizeof(told));
		memset(sum, 0, sizeof(sum));
		for (int s = 0; s < rounds; s++)
		{
			cs_shape_placed out[3];
			int			first;

			r.seed = (uint64_t) s;
			l.at = 0;
			CHECK(cs_shape(env, &r, 3, out) == 3);
			first = out[0].i.item;
			CHECK(out[0].propensity > 0 && out[0].propensity <= 1);
			came[first]++;
			sum[first] += 1 / out[0].propensity;
			told[first] += out[0].propensity;
			/* the last of all comes for sure */
			CHECK(out[2].propensity == 1);
			CHECK((out[0].way == CS_SHAPE_BY_CHANCE) == (first != 0));
		}
		/* it comes as often as the posterior says: 4 standard errors of 4000 rounds are 0.03 */
		for (int i = 0; i < 3; i++)
			CHECK_NEAR(came[i] / rounds, r.explore * exact[i] + (i == 0 ? 1 - r.explore : 0), 0.032);
		/* and what is told is the probability: its inverse has mean 1 over what came; of all 4000 rounds */
		for (int i = 0; i < 3; i++)
			CHECK_NEAR(sum[i] / rounds, 1, 0.2);
		CHECK_NEAR(told[1] / came[1], r.explore * exact[1], 0.01);
	}
}

/* SciPy: Beta(0.5, 2.5) has mean 0.166667, variance 0.034722, P(X < 0.05) = 0.370188; P(Beta(20, 60) < 0.3) = 0.849121. */
static void
beta_draws(cs_env *env)
{
	const int	n = 40000;
	double		sum = 0,
				square = 0,
				below = 0,
				other = 0;
	float	   *x = CS_ROOM(env, float, n),
			   *y = CS_ROOM(env, float, n);
	cs_rng		rng;

	cs_rng_init(&rng, 5, CS_STREAM_WORLDS);
	cs_draw_betas(&rng, 0.5, 2.5, n, x);
	cs_draw_betas(&rng, 20, 60, n, y);
	for (int i = 0; i < n; i++)
	{
		double		v = (double) x[i];

		CHECK(v >= 0 && v <= 1);
		sum += v;
		square += v * v;
		below += v < 0.05;
		other += (double) y[i] < 0.3;
	}
	CHECK_NEAR(sum / n, 0.166667, 0.004);
	CHECK_NEAR(square / n - sum / n * sum / n, 0.034722, 0.001);
	CHECK_NEAR(below / n, 0.370188, 0.01);
	CHECK_NEAR(other / n, 0.849121, 0.008);
	/* far out */
	cs_draw_betas(&rng, 0.5, 1e9, 1, x);
	CHECK(x[0] >= 0 && (double) x[0] < 1e-6);
	cs_draw_betas(&rng, 1e12, 1e12, 1, x);
	CHECK_NEAR((double) x[0], 0.5, 1e-4);
}

TESTS_NO_SWEEP(propensities, beta_draws)
