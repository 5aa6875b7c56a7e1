/*
 * params.c - option tables (see params.h).
 */
#include "core/base/params.h"

#include <stdlib.h>
#include <string.h>

int
cs_params_count(const cs_param *table)
{
	int			n = 0;

	while (table[n].name)
		n++;
	return n;
}

int
cs_params_find(const cs_param *table, const char *name)
{
	for (int i = 0; table[i].name; i++)
		if (strcmp(table[i].name, name) == 0)
			return i;
	return -1;
}

/* Start of choice number i in "a|b|c" and its length; NULL behind the last. */
static const char *
choice_at(const char *choices, int i, size_t *len)
{
	for (; i > 0; i--)
	{
		choices = strchr(choices, '|');
		if (choices == NULL)
			return NULL;
		choices++;
	}
	*len = strcspn(choices, "|");
	return choices;
}

int
cs_param_choice(const cs_param *p, const char *text)
{
	const char *c;
	size_t		len;

	for (int i = 0; (c = choice_at(p->choices, i, &len)) != NULL; i++)
		if (strlen(text) == len && strncmp(c, text, len) == 0)
			return i;
	return -1;
}

const char *
cs_param_choice_name(cs_env *env, const cs_param *p, int i)
{
	size_t		len;
	const char *c = choice_at(p->choices, i, &len);

	return c ? cs_text(env, "%.*s", (int) len, c) : "?";
}

cs_options *
cs_options_new(cs_env *env, const cs_param *table)
{
	cs_options *o = CS_NEW(env, cs_options, 1);
	int			n = cs_params_count(table);

	o->table = table;
	o->value = CS_NEW(env, cs_option, (size_t) n + 1);
	for (int i = 0; i < n; i++)
		o->value[i].number = table[i].def;
	return o;
}

const cs_option *
cs_option_get(const cs_options *o, const char *name)
{
	int			i = cs_params_find(o->table, name);

	if (i < 0)
		abort();				/* a name that is not in the algorithm's own table */
	return &o->value[i];
}
