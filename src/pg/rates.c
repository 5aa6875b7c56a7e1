/*
 * rates.c - rates of items (see rates.h), from the ranked lists.
 */
#include "postgres.h"

#include "pg/rates.h"

typedef struct of_segment
{
	int			segment;
	double	   *rate;
	double		strength;
	struct of_segment *next;
} of_segment;

struct cs_rates
{
	cs_env	   *env;
	cs_reco    *r;
	of_segment *read;
};

static void
read_list(cs_rates *rates, int list, double over, double *rate)
{
	for (int chunk = 0;; chunk++)
	{
		const cs_list_chunk *c = cs_reco_chunk(rates->r, list, chunk);

		for (size_t i = 0; i < c->n; i++)
			rate[c->scored[i].item] = Min(Max(c->scored[i].score / over, 0), 1);
		if (c->n < CS_LIST_CHUNK)
			break;
	}
}

/* Items beyond the end of the segment's list have but the share of all to go by. */
static of_segment *
read_rates(cs_rates *rates, int segment)
{
	cs_reco    *r = rates->r;
	of_segment *s = CS_NEW(rates->env, of_segment, 1);
	double		customers = 0;

	s->segment = segment;
	s->rate = CS_NEW(rates->env, double, (size_t) r->items + 1);
	read_list(rates, CS_LIST_POPULAR, Max(r->customers, 1), s->rate);
	s->strength = r->customers;
	if (segment > 0 && cs_reco_segment(r, segment, &customers))
	{
		s->strength = customers + r->kappa;
		for (int i = 0; i < r->items; i++)
			s->rate[i] *= s->strength > 0 ? r->kappa / s->strength : 0;
		read_list(rates, segment, 1, s->rate);
	}
	s->next = rates->read;
	rates->read = s;
	return s;
}

cs_rates *
cs_rates_new(cs_env *env, cs_reco *r)
{
	cs_rates   *rates = CS_NEW(env, cs_rates, 1);

	rates->env = env;
	rates->r = r;
	return rates;
}

const double *
cs_rates_of(cs_rates *rates, int segment, double *strength)
{
	of_segment *s = rates->read;

	while (s && s->segment != segment)
		s = s->next;
	if (s == NULL)
		s = read_rates(rates, segment);
	*strength = s->strength;
	return s->rate;
}
