/*
 * serve.c - filling lists (see serve.h).
 */
#include "postgres.h"

#include "core/base/sorted.h"
#include "core/reco/sequence.h"
#include "pg/serve.h"

#define LAYERS 4

typedef struct filling
{
	cs_env	   *env;
	const cs_request *q;
	int			n;
	cs_layer	layer[LAYERS];
	cs_layer_kind kind[LAYERS];
	int			layers;
} filling;

int
cs_compare_items(const void *a, const void *b)
{
	int32		x = *(const int32 *) a,
				y = *(const int32 *) b;

	return x < y ? -1 : x > y;
}

void
cs_item_set_tidy(cs_item_set *s)
{
	size_t		kept = 0;

	if (s->n > 1)
		qsort(s->item, s->n, sizeof(int32), cs_compare_items);
	for (size_t i = 0; i < s->n; i++)
		if (i == 0 || s->item[i] != s->item[i - 1])
			s->item[kept++] = s->item[i];
	s->n = kept;
}

static bool
has(const cs_item_set *s, int32 item)
{
	return cs_sorted_has(s->item, s->n, item);
}

/* How many items of a chunk could be listed. */
static int
eligible(const cs_request *q, const cs_list_chunk *c)
{
	int			n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += c->scored[i].score > 0 && (q->allowed.item == NULL || has(&q->allowed, c->scored[i].item)) &&
			(q->excluded.item == NULL || !has(&q->excluded, c->scored[i].item));
	return n;
}

/* Add a list as a layer: of its chunks as many as hold n items that could be listed. */
static void
add_list(filling *f, int list, cs_layer_kind kind)
{
	const cs_list_chunk *c = cs_reco_chunk(f->q->r, list, 0);
	int			chunks = 1,
				found = eligible(f->q, c);
	size_t		all = c->n;
	cs_scored  *scored = c->scored;

	for (; found < f->n && c->n == CS_LIST_CHUNK; chunks++)
	{
		c = cs_reco_chunk(f->q->r, list, chunks);
		found += eligible(f->q, c);
		all += c->n;
	}
	if (chunks > 1)
	{
		scored = CS_ROOM(f->env, cs_scored, all + 1);
		all = 0;
		for (int i = 0; i < chunks; i++)
		{
			c = cs_reco_chunk(f->q->r, list, i);
			memcpy(scored + all, c->scored, sizeof(cs_scored) * c->n);
			all += c->n;
		}
	}
	f->layer[f->layers] = (cs_layer) {scored, all};
	f->kind[f->layers++] = kind;
}

/* The next layer, if there is one. */
static bool
add_layer(filling *f, cs_layer_kind kind)
{
	const cs_reco *r = f->q->r;

	switch (kind)
	{
		case CS_LAYER_HISTORY:
			if (f->q->n_personal == 0)
				return false;
			f->layer[f->layers] = (cs_layer) {f->q->personal, f->q->n_personal};
			f->kind[f->layers++] = kind;
			return true;
		case CS_LAYER_OWN:
			if (r->has_own)
				add_list(f, CS_LIST_OWN, kind);
			return r->has_own;
		case CS_LAYER_SEGMENT:
			/* plain popularity does not ask for the segment */
			if (f->q->segment == 0 || (!r->has_own && !(r->flags & (CS_RECO_PERSONAL | CS_RECO_SEGMENTS))))
				return false;
			add_list(f, f->q->segment, kind);
			return true;
		case CS_LAYER_POPULAR:
			add_list(f, CS_LIST_POPULAR, kind);
			return true;
	}
	return false;
}

int
cs_serve(cs_env *env, const cs_request *q, int n, cs_served *out)
{
	cs_request	scored = *q;
	filling		f = {env, &scored, n};
	cs_rank_args args = {f.layer, 0, q->excluded.item, q->excluded.n, q->allowed.item, q->allowed.n};
	cs_ranked  *ranked = CS_ROOM(env, cs_ranked, n + 1);
	int			found = 0;

	/* excluded ones may all be among the best */
	if (q->score && n > 0)
		scored.n_personal = q->score(q->score_arg, (size_t) n + q->excluded.n, &scored.personal);
	for (cs_layer_kind kind = CS_LAYER_HISTORY; kind <= CS_LAYER_POPULAR && found < n; kind++)
		if (add_layer(&f, kind))
		{
			args.layers = f.layers;
			found = cs_rank(env, &args, n, ranked);
		}
	for (int i = 0; i < found; i++)
		out[i] = (cs_served) {ranked[i].item, f.kind[ranked[i].layer], ranked[i].score, ranked[i].raw};
	cs_release(env, ranked);
	return found;
}

const char *
cs_layer_name(const cs_reco *r, cs_layer_kind kind)
{
	return kind == CS_LAYER_SEGMENT ? "segment_popular" : kind == CS_LAYER_POPULAR ? "popular" : r->algorithm->name;
}

void
cs_serve_settle_times(const cs_reco *r, cs_events *history)
{
	history->now = r->now;
	if (r->algorithm->flags & CS_RECO_SEQUENCE)
		return;					/* it is the order that counts */
	for (size_t i = 0; history->last && i < history->n; i++)
		history->last[i] = Min(history->last[i], r->now);
}

void
cs_serve_values(cs_env *env, cs_reco *r, const cs_events *history, size_t first, size_t end, double *out)
{
	const cs_options *o;

	if ((r->algorithm->flags & CS_RECO_SEQUENCE) && history->last)
	{
		o = cs_reco_options(r);
		cs_sequence_values(env, history, first, end, cs_option_int(o, "window"), cs_option_real(o, "decay"), out);
		return;
	}
	for (size_t e = first; e < end; e++)
		out[e - first] = cs_events_value(history, e, r->half_life);
}
