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
	cs_shape_rules r = {.next = next_of_three, .host = &l, .draws = cs_draws_new(env)};
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

/* Shares of so many keys' draws below a value. */
typedef struct shares
{
	double		mean;
	double		variance;
	double		below;
} shares;

static shares
shares_of(const cs_draws *d, double a, double b, double value)
{
	const int	keys = 4000;
	float		x[CS_DRAWS];
	shares		s = {0, 0, 0};
	double		n = (double) keys * CS_DRAWS;

	for (int k = 0; k < keys; k++)
	{
		cs_draw_betas(d, (uint64_t) k, a, b, x);
		for (int i = 0; i < CS_DRAWS; i++)
		{
			double		v = (double) x[i];

			CHECK(v >= 0 && v <= 1);
			s.mean += v / n;
			s.variance += v * v / n;
			s.below += (v < value) / n;
		}
	}
	s.variance -= s.mean * s.mean;
	return s;
}

/*
 * SciPy: Beta(0.5, 2.5) has mean 0.166667, variance 0.034722, P(X < 0.05) = 0.370188; Beta(20, 60) 0.25, 0.002315,
 * P(X < 0.3) = 0.849121; Beta(0.5, 1000.5) 0.0004995, 4.9825e-7, and 0.999 of it lies below 0.0053978.
 */
static void
beta_draws(cs_env *env)
{
	const cs_draws *d = cs_draws_new(env);
	float		x[CS_DRAWS],
				y[CS_DRAWS];
	shares		s = shares_of(d, 0.5, 2.5, 0.05);

	CHECK_NEAR(s.mean, 0.166667, 0.004);
	CHECK_NEAR(s.variance, 0.034722, 0.001);
	CHECK_NEAR(s.below, 0.370188, 0.012);
	s = shares_of(d, 20, 60, 0.3);
	CHECK_NEAR(s.mean, 0.25, 0.001);
	CHECK_NEAR(s.variance, 0.002315, 0.0001);
	CHECK_NEAR(s.below, 0.849121, 0.008);
	s = shares_of(d, 0.5, 1000.5, 0.0053978);
	CHECK_NEAR(s.mean / 0.0004995, 1, 0.05);
	CHECK_NEAR(s.variance / 4.9825e-7, 1, 0.1);
	CHECK_NEAR(s.below, 0.999, 0.0005);
	/* far out */
	cs_draw_betas(d, 7, 0.5, 1e9, x);
	CHECK(x[0] >= 0 && (double) x[0] < 1e-6);
	cs_draw_betas(d, 7, 1e12, 1e12, x);
	CHECK_NEAR((double) x[0], 0.5, 1e-4);
	/* the same for the same key, others for another */
	cs_draw_betas(d, 3, 2, 5, x);
	cs_draw_betas(d, 3, 2, 5, y);
	CHECK(memcmp(x, y, sizeof(x)) == 0);
	cs_draw_betas(d, 4, 2, 5, y);
	CHECK(memcmp(x, y, sizeof(x)) != 0);
}

TESTS_NO_SWEEP(propensities, beta_draws)
