/*
 * dataset_text.c - texts of a source as features (see dataset.h and core/prep/text.h).
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "core/base/params.h"
#include "pg/dataset.h"
#include "pg/dictionary.h"

/* Numbers of documents are kept in single precision, which counts so far. */
#define MOST_DOCUMENTS (1 << 24)

static void
check_rating(const cs_dataset *ds, const char *name)
{
	Form_pg_attribute a = TupleDescAttr(ds->source->desc, cs_source_column(ds->source, name, "a rating"));
	bool		cast;
	cs_conv		conv = cs_conv_of_type(a->atttypid, &cast);

	if (!cs_conv_is_number(conv) || cs_conv_is_time(conv))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("rating \"%s\" of type %s is not a number", name, format_type_be(a->atttypid))));
}

void
cs_text_input_reset(cs_dataset *ds, cs_input *in)
{
	in->text->dictionary = cs_dictionary_new(ds->env, false);
	in->text->documents = cs_documents_new(ds->env);
	in->text->cut = 0;
}

void
cs_text_input_open(cs_dataset *ds, const cs_dataset_args *args, cs_input *in, const cs_options *o)
{
	cs_text_input *t;
	Oid			type = getBaseType(in->type);

	if (type != TEXTOID && type != VARCHAROID && type != BPCHAROID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("transform \"text\" does not apply to column \"%s\" of type %s", in->name, format_type_be(in->type)),
				 errhint("Cast it to text in a query.")));
	t = in->text = CS_NEW(ds->env, cs_text_input, 1);
	t->model = CS_NEW(ds->env, cs_text_model, 1);
	cs_text_request(ds->env, in->name, o, t->model);
	t->config = cs_text_config(cs_option_get(o, "text")->text[0], args->path);
	t->model->config = cs_strdup(ds->env, cs_text_config_name(t->config));
	t->terms.env = ds->env;
	if (t->model->rated)
	{
		t->rating = cs_option_get(o, "rating")->text[0];
		check_rating(ds, t->rating);
	}
	in->conv = CONV_DOCUMENT;
	in->width = cs_text_width(t->model);
	cs_text_input_reset(ds, in);
}

static int
term_number(void *arg, const char *term, int len)
{
	return cs_dictionary_text(arg, term, len, true);
}

bool
cs_text_input_take(cs_dataset *ds, cs_input *in, Datum d, bool isnull, double rating, MemoryContext cxt, float *raw)
{
	cs_text_input *t = in->text;
	MemoryContext old;

	for (int e = 1; e < in->width; e++)
		raw[in->first + e] = 0;
	raw[in->first] = -1;
	if (isnull)
	{
		if (t->model->missing)
			return true;
		ds->missing[in->first]++;
		return false;
	}
	if (!cs_document_terms(t->config, d, term_number, t->dictionary, &t->terms))
		t->cut++;
	old = MemoryContextSwitchTo(cxt);
	raw[in->first] = (float) cs_documents_add(t->documents, t->terms.number, t->terms.n, isfinite(rating) ? rating : NAN);
	MemoryContextSwitchTo(old);
	return true;
}

void
cs_text_inputs_keep(cs_dataset *ds)
{
	for (int i = 0; i < ds->n_inputs; i++)
	{
		cs_input   *in = &ds->input[i];
		uint32	   *keep;
		size_t		n = 0;

		if (in->text == NULL)
			continue;
		keep = CS_ROOM(ds->env, uint32, ds->rows->n + 1);
		for (size_t r = 0; r < ds->rows->n; r++)
		{
			float	   *x = cs_rows_at(ds->rows, r) + in->first;

			if (*x < 0)
				continue;
			keep[n] = (uint32) *x;
			*x = (float) n++;
		}
		cs_documents_keep(in->text->documents, keep, n);
		cs_release(ds->env, keep);
	}
}

size_t
cs_text_inputs_bytes(const cs_dataset *ds, bool *full)
{
	size_t		bytes = 0;

	*full = false;
	for (int i = 0; i < ds->n_inputs; i++)
	{
		const cs_text_input *t = ds->input[i].text;

		if (t == NULL)
			continue;
		bytes += cs_documents_bytes(t->documents) + t->dictionary->bytes;
		*full |= t->documents->n > MOST_DOCUMENTS - 2 * CS_BLOCK_ROWS;
	}
	return bytes;
}

static void
fit_one(cs_dataset *ds, cs_input *in)
{
	cs_text_input *t = in->text;
	size_t		rows = ds->rows->n;
	uint32	   *document = CS_ROOM(ds->env, uint32, rows + 1);
	double	   *out = CS_ROOM(ds->env, double, in->width);

	for (size_t r = 0; r < rows; r++)
	{
		float		x = cs_rows_at(ds->rows, r)[in->first];

		document[r] = x < 0 ? CS_NO_TEXT : (uint32) x;
	}
	t->corpus = cs_text_fit(ds->env, t->model, t->documents, document, rows, t->dictionary->text,
							(uint32) t->dictionary->n, in->name);
	for (size_t r = 0; r < rows; r++)
	{
		float	   *raw = cs_rows_at(ds->rows, r) + in->first;

		if (document[r] == CS_NO_TEXT)
			(void) cs_text_no_coordinates(t->model, out);
		else
			cs_corpus_coordinates(t->model, t->corpus, r, out);
		for (int e = 0; e < in->width; e++)
			raw[e] = (float) out[e];
	}
	cs_release(ds->env, document);
	cs_release(ds->env, out);
	if (t->cut > 0)
		ereport(NOTICE,
				(errmsg("texts of column \"%s\" are longer than %d kB", in->name, CS_DOCUMENT_BYTES / 1024),
				 errdetail("Of " UINT64_FORMAT " texts only the beginning counts.", t->cut)));
}

void
cs_text_inputs_fit(cs_dataset *ds)
{
	ds->prep->texts = 0;
	ds->prep->text = CS_NEW(ds->env, cs_text_model *, ds->n_inputs + 1);
	for (int i = 0; i < ds->n_inputs; i++)
		if (ds->input[i].text)
		{
			cs_text_model *m = ds->input[i].text->model;

			m->first = ds->input[i].first;
			fit_one(ds, &ds->input[i]);
			ds->prep->text[ds->prep->texts++] = m;
		}
}

void
cs_text_inputs_point(cs_dataset *ds, size_t i, size_t p)
{
	for (int t = 0; t < ds->n_inputs; t++)
	{
		cs_text_input *text = ds->input[t].text;

		if (text == NULL)
			continue;
		if (text->row == NULL)
			text->row = CS_ROOM(ds->env, uint32, ds->rows->n + 1);
		text->row[p] = (uint32) i;
	}
}
