/*
 * crew.h - a leader who computes, and a team that helps with large products.
 *
 * The leader runs an algorithm that is serial but for its matrix products.  The
 * others wait in cs_crew_help() for orders: each names one product, whose
 * matrices lie in the arena; all make it together and wait again.  Since products
 * have the same bits for any team, so has all that the leader makes of them.
 */
#ifndef CS_CREW_H
#define CS_CREW_H

#include "core/base/linalg.h"

typedef struct cs_order cs_order;

typedef struct cs_crew
{
	cs_env	   *env;
	cs_team    *team;
	cs_order   *order;			/* shared */
} cs_crew;

/* Every member calls it. */
cs_crew		cs_crew_new(cs_env *env, cs_team *team);

/* Bytes of arena that it takes; products need what cs_product_arena says besides. */
size_t		cs_crew_arena(void);

/* Members other than the leader: until the leader dismisses them. */
void		cs_crew_help(cs_crew *c);
void		cs_crew_dismiss(cs_crew *c);

/*
 * C = op(A) op(B) + beta C by the leader, as cs_productf.  All three lie in the
 * arena.
 */
void		cs_crew_product(cs_crew *c, cs_op op_a, cs_op op_b, size_t m, size_t n, size_t k,
							const float *a, size_t lda, const float *b, size_t ldb, float beta, float *to, size_t ldc);

#endif							/* CS_CREW_H */
