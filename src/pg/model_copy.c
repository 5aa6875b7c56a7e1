/*
 * model_copy.c - copying parts of a document into another (see model_copy.h).
 */
#include "postgres.h"

#include "pg/model_copy.h"

/* As jsonb orders keys. */
static int
by_name(const void *a, const void *b)
{
	const char *x = ((const cs_member *) a)->name,
			   *y = ((const cs_member *) b)->name;
	size_t		m = strlen(x),
				n = strlen(y);

	return m != n ? (m < n ? -1 : 1) : strcmp(x, y);
}

cs_member *
cs_sorted_members(cs_env *env, cs_value object)
{
	cs_member  *m = CS_NEW(env, cs_member, object.count + 1);
	const unsigned char *at = object.data;
	cs_value	key = {0};

	for (uint32_t i = 0; i < object.count; i++)
	{
		m[i].value = cs_value_next(object, &at, &key);
		m[i].name = cs_value_text(env, key);
	}
	qsort(m, object.count, sizeof(cs_member), by_name);
	return m;
}

/*
 * Objects are written in the order of jsonb, and -0 as 0: so a value that went
 * through jsonb, as exported ones do, comes back as the same bytes.
 */
void
cs_copy_value(cs_writer *w, const char *key, cs_value v)
{
	const unsigned char *at = v.data;
	cs_value	none = {0};
	double	   *number;
	cs_member  *m;

	switch (v.tag)
	{
		case 'n':
			cs_put_null(w, key);
			break;
		case 't':
		case 'f':
			cs_put_bool(w, key, v.tag == 't');
			break;
		case 'd':
			cs_put_number(w, key, cs_value_number(v) + 0.0);
			break;
		case 's':
			cs_put_text_n(w, key, (const char *) v.data, v.count);
			break;
		case 'v':
			number = cs_value_numbers(w->env, v);
			for (uint32_t i = 0; i < v.count; i++)
				number[i] += 0.0;
			cs_put_numbers(w, key, number, v.count);
			break;
		case 'l':
			cs_begin_list(w, key);
			for (uint32_t i = 0; i < v.count; i++)
				cs_copy_value(w, NULL, cs_value_next(v, &at, &none));
			cs_end(w);
			break;
		default:
			cs_begin_object(w, key);
			m = cs_sorted_members(w->env, v);
			for (uint32_t i = 0; i < v.count; i++)
				cs_copy_value(w, m[i].name, m[i].value);
			cs_end(w);
	}
}

/* The object "segments" with other ids, unless NULL, and labels. */
static void
put_segments(cs_writer *w, cs_value segments, const int *id, char *const *label, int k)
{
	cs_member  *m = cs_sorted_members(w->env, segments);

	cs_begin_object(w, "segments");
	for (uint32_t i = 0; i < segments.count; i++)
	{
		if (strcmp(m[i].name, "labels") == 0)
		{
			cs_begin_list(w, "labels");
			for (int j = 0; j < k; j++)
				cs_put_text(w, NULL, label[j]);
			cs_end(w);
		}
		else if (strcmp(m[i].name, "ids") == 0 && id)
			cs_put_ints(w, "ids", id, k);
		else
			cs_copy_value(w, m[i].name, m[i].value);
	}
	cs_end(w);
}

void
cs_copy_members(cs_writer *w, cs_value part, const int *id, char *const *label, int k, bool alone)
{
	cs_member  *m = cs_sorted_members(w->env, part);

	for (uint32_t i = 0; i < part.count; i++)
		if (alone && (strcmp(m[i].name, "groups") == 0 || strcmp(m[i].name, "pinned") == 0))
			continue;
		else if (strcmp(m[i].name, "segments") == 0)
			put_segments(w, m[i].value, id, label, k);
		else
			cs_copy_value(w, m[i].name, m[i].value);
}

void
cs_copy_part(cs_writer *w, const char *key, cs_value part, const int *id, char *const *label, int k)
{
	cs_begin_object(w, key);
	cs_copy_members(w, part, id, label, k, false);
	cs_end(w);
}

void
cs_copy_in_order(cs_writer *w)
{
	size_t		len;
	cs_value	root = cs_doc_root(cs_writer_finish(w, &len));

	cs_writer_init(w->env, w);
	cs_copy_value(w, NULL, root);
}
