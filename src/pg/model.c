/*
 * model.c - model values: load, save, change of labels (see model.h).
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "pg/groups.h"
#include "pg/model.h"
#include "pg/pins.h"

/* A column of several features is one text, or an array of numbers. */
static void
fit_column(cs_env *env, const cs_model *m, cs_column *c)
{
	c->text = NULL;
	for (int i = 0; i < m->prep->texts; i++)
	{
		const cs_text_model *t = m->prep->text[i];

		if (t->first == c->first && cs_text_width(t) == c->width)
			c->text = t;
	}
	if (c->text)
		return;
	for (int e = 0; e < Max(c->width, 1); e++)
		if (m->prep->f[c->first + e].kind == CS_TEXT || (c->width > 0 && m->prep->f[c->first + e].kind != CS_NUMBER))
			cs_doc_damaged(env, "An array holds something else than numbers.");
}

static void
load_columns(cs_env *env, cs_model *m, cs_value root)
{
	cs_value	list = cs_need(env, root, "columns", 'l'),
				key;
	const unsigned char *at = list.data;
	int			features = 0;

	m->columns = (int) list.count;
	m->column = CS_NEW(env, cs_column, list.count + 1);
	for (int i = 0; i < m->columns; i++)
	{
		cs_value	c = cs_value_next(list, &at, &key);

		m->column[i].name = cs_need_text(env, c, "name");
		m->column[i].width = cs_need_int(env, c, "width", 0, 100000);
		m->column[i].first = features;
		features += m->column[i].width ? m->column[i].width : 1;
		if (features > m->prep->n)
			break;
	}
	if (features != m->prep->n)
		cs_doc_damaged(env, "Its columns do not fit its features.");
	for (int i = 0; i < m->columns; i++)
		fit_column(env, m, &m->column[i]);
}

static void
load_labels(cs_env *env, cs_model *m, cs_value segments)
{
	cs_value	list = cs_need(env, segments, "labels", 'l'),
				key;
	const unsigned char *at = list.data;

	if (list.count != (uint32_t) m->k)
		cs_doc_damaged(env, "Field \"labels\" has a wrong length.");
	m->label = CS_NEW(env, char *, m->k);
	for (int j = 0; j < m->k; j++)
	{
		cs_value	v = cs_value_next(list, &at, &key);

		if (v.tag != 's')
			cs_doc_damaged(env, "Field \"labels\" holds something else than texts.");
		m->label[j] = cs_value_text(env, v);
	}
}

static void
load_segments(cs_env *env, cs_model *m, cs_value root)
{
	cs_value	s = cs_need(env, root, "segments", 'o');

	m->k = m->scorer->k;
	m->segment_id = cs_need_ints(env, s, "ids", m->k, 1, PG_INT32_MAX);
	for (int j = 0; j < m->k; j++)
		for (int i = 0; i < j; i++)
			if (m->segment_id[i] == m->segment_id[j])
				cs_doc_damaged(env, "Two segments have the same id.");
	load_labels(env, m, s);
	m->size = cs_need_numbers(env, s, "sizes", m->k);
	m->radius = cs_need_numbers(env, s, "radius", m->k);
	m->reach = cs_need_numbers(env, s, "reach", m->k);
	m->rows = cs_need_number(env, s, "rows", 0, 1e300);
	m->variance = cs_need_number(env, s, "variance", 0, 1e300);
	if (cs_model_keeps_means(m->scorer, m->prep))
		m->means = cs_need_numbers(env, s, "means", (size_t) m->k * (size_t) m->prep->wide);
}

static void
load_training(cs_env *env, cs_model *m, cs_value root)
{
	cs_value	t = cs_value_get(root, "training");

	if (t.tag == 0)
		return;
	m->read = cs_need_number(env, t, "rows_read", 1, 1e300);
	m->skipped = cs_need_number(env, t, "rows_skipped", 0, 1e300);
	m->learned = cs_need_number(env, t, "rows_learned", 0, 1e300);
}

cs_model *
cs_model_load(cs_env *env, const unsigned char *bytes, size_t len)
{
	cs_model   *m = CS_NEW(env, cs_model, 1);
	const char *wrong = cs_doc_check(bytes, len);
	cs_value	root;

	if (wrong)
		cs_doc_damaged(env, cs_text(env, "As a sequence of bytes, %s.", wrong));
	root = cs_doc_root(bytes);
	if (strcmp(cs_need_text(env, root, "kind"), "segmentation") != 0)
		cs_doc_damaged(env, "Its kind is not \"segmentation\".");
	m->seed = cs_need_int64(env, root, "seed");
	m->prep = cs_prep_load(env, root);
	load_columns(env, m, root);
	m->scorer = cs_scorer_load(env, cs_need(env, root, "fit", 'o'));
	if (m->scorer->d != m->prep->d || (m->scorer->centers && m->scorer->centers->d != m->prep->d))
		cs_doc_damaged(env, "Its clusters do not fit its features.");
	load_segments(env, m, root);
	load_training(env, m, root);
	cs_groups_load(env, m, root);
	cs_pins_load(env, m, root);
	return m;
}

cs_model *
cs_model_load_part(cs_env *env, const cs_model *parent, cs_value part)
{
	cs_model   *m = CS_NEW(env, cs_model, 1);

	m->seed = parent->seed;
	m->prep = cs_prep_load(env, part);
	if (m->prep->n != parent->prep->n)
		cs_doc_damaged(env, "The model of a group has other features.");
	m->columns = parent->columns;
	m->column = CS_NEW(env, cs_column, m->columns + 1);
	memcpy(m->column, parent->column, sizeof(cs_column) * m->columns);
	for (int i = 0; i < m->columns; i++)
		fit_column(env, m, &m->column[i]);
	m->scorer = cs_scorer_load(env, cs_need(env, part, "fit", 'o'));
	if (m->scorer->d != m->prep->d || (m->scorer->centers && m->scorer->centers->d != m->prep->d))
		cs_doc_damaged(env, "Its clusters do not fit its features.");
	load_segments(env, m, part);
	return m;
}

cs_model *
cs_model_load_all(cs_env *env, const unsigned char *bytes, size_t len)
{
	cs_model   *m = cs_model_load(env, bytes, len);

	if (m->groups || m->pins)
		cs_groups_load_all(env, m);
	return m;
}

static void
save_segments(cs_env *env, const cs_model *m, cs_writer *w)
{
	cs_begin_object(w, "segments");
	cs_put_ints(w, "ids", m->segment_id, m->k);
	cs_begin_list(w, "labels");
	for (int j = 0; j < m->k; j++)
		cs_put_text(w, NULL, m->label[j]);
	cs_end(w);
	cs_put_numbers(w, "sizes", m->size, m->k);
	cs_put_numbers(w, "radius", m->radius, m->k);
	cs_put_numbers(w, "reach", m->reach, m->k);
	cs_put_number(w, "rows", m->rows);
	cs_put_number(w, "variance", m->variance);
	if (m->means)
		cs_put_numbers(w, "means", m->means, (size_t) m->k * (size_t) m->prep->wide);
	cs_end(w);
}

static void
save_training(const cs_model *m, cs_writer *w)
{
	if (!(m->read > 0))
		return;
	cs_begin_object(w, "training");
	cs_put_number(w, "rows_read", m->read);
	cs_put_number(w, "rows_skipped", m->skipped);
	cs_put_number(w, "rows_learned", m->learned);
	cs_end(w);
}

struct varlena *
cs_model_finish(cs_env *env, cs_writer *w)
{
	size_t		len;
	unsigned char *bytes = cs_writer_finish(w, &len);
	struct varlena *v;

	if (len > MaxAllocSize - VARHDRSZ)
		cs_fail(env, CS_E_LIMIT, "model value is too large", NULL, NULL);
	v = palloc(len + VARHDRSZ);
	SET_VARSIZE(v, len + VARHDRSZ);
	memcpy(VARDATA(v), bytes, len);
	return v;
}

struct varlena *
cs_model_save(cs_env *env, const cs_model *m, const cs_fit *fit)
{
	cs_writer	w;

	cs_writer_init(env, &w);
	cs_begin_object(&w, NULL);
	cs_put_text(&w, "kind", "segmentation");
	cs_put_int64(&w, "seed", m->seed);
	cs_begin_list(&w, "columns");
	for (int i = 0; i < m->columns; i++)
	{
		cs_begin_object(&w, NULL);
		cs_put_text(&w, "name", m->column[i].name);
		cs_put_number(&w, "width", m->column[i].width);
		cs_end(&w);
	}
	cs_end(&w);
	cs_prep_save(env, m->prep, &w);
	cs_fit_save(env, fit, &w);
	save_segments(env, m, &w);
	save_training(m, &w);
	if (m->groups)
		cs_groups_save(m->groups, m->k, &w);
	if (m->pins)
		cs_pins_save(m->pins, &w);
	cs_end(&w);
	return cs_model_finish(env, &w);
}

cs_value
cs_model_save_part(cs_env *env, const cs_model *m, const cs_fit *fit)
{
	cs_writer	w;
	size_t		len;

	cs_writer_init(env, &w);
	cs_begin_object(&w, NULL);
	cs_prep_save(env, m->prep, &w);
	cs_fit_save(env, fit, &w);
	save_segments(env, m, &w);
	cs_end(&w);
	return cs_doc_root(cs_writer_finish(&w, &len));
}

const char *
cs_model_feature_name(const cs_model *m, int feature)
{
	for (int i = 0; i < m->columns; i++)
		if (m->column[i].text && m->column[i].first == feature)
			return m->column[i].name;
	return m->prep->f[feature].name;
}

int
cs_model_cluster(const cs_model *m, int segment_id)
{
	for (int j = 0; j < m->k; j++)
		if (m->segment_id[j] == segment_id)
			return j;
	return -1;
}
