/*
 * crew.c - products by a team under orders of its leader (see crew.h).
 */
#include "core/cluster/crew.h"

/* Multiplications below which calling the others takes longer than it saves. */
#define SMALL ((size_t) 1 << 20)

/* Places are offsets in the arena: members may have it at different addresses. */
struct cs_order
{
	bool		done;
	cs_op		op_a;
	cs_op		op_b;
	size_t		m;
	size_t		n;
	size_t		k;
	size_t		a;
	size_t		lda;
	size_t		b;
	size_t		ldb;
	float		beta;
	size_t		c;
	size_t		ldc;
};

cs_crew
cs_crew_new(cs_env *env, cs_team *team)
{
	return (cs_crew) {env, team, cs_team_alloc(env, team, 1, sizeof(cs_order))};
}

size_t
cs_crew_arena(void)
{
	return cs_team_bytes(1, sizeof(cs_order));
}

static float *
at(const cs_crew *c, size_t offset)
{
	return (float *) (void *) (c->team->arena + offset);
}

static size_t
offset(const cs_crew *c, const float *p)
{
	return (size_t) ((const char *) p - c->team->arena);
}

static void
carry_out(cs_crew *c, const cs_order *o)
{
	cs_productf(c->env, c->team, o->op_a, o->op_b, o->m, o->n, o->k, 1, at(c, o->a), o->lda, at(c, o->b), o->ldb,
				o->beta, at(c, o->c), o->ldc);
}

void
cs_crew_help(cs_crew *c)
{
	for (;;)
	{
		cs_order	o;

		cs_team_barrier(c->team);
		o = *c->order;
		if (o.done)
			return;
		carry_out(c, &o);
	}
}

void
cs_crew_dismiss(cs_crew *c)
{
	c->order->done = true;
	cs_team_barrier(c->team);
}

void
cs_crew_product(cs_crew *c, cs_op op_a, cs_op op_b, size_t m, size_t n, size_t k, const float *a, size_t lda,
				const float *b, size_t ldb, float beta, float *to, size_t ldc)
{
	cs_order	o = {false, op_a, op_b, m, n, k, offset(c, a), lda, offset(c, b), ldb, beta, offset(c, to), ldc};

	if (c->team->size == 1 || m * n * k < SMALL)
	{
		cs_productf(c->env, NULL, op_a, op_b, m, n, k, 1, a, lda, b, ldb, beta, to, ldc);
		return;
	}
	*c->order = o;
	cs_team_barrier(c->team);
	carry_out(c, &o);
}
