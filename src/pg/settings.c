/*
 * settings.c - the tables of common options (see settings.h).
 */
#include "postgres.h"

#include "pg/settings.h"

const cs_param cs_common_params[] = {
	{"workers", CS_P_INT, -1, -1, 64, NULL,
	"parallel workers beside the session's own process; -1: as many as max_parallel_maintenance_workers when it pays"},
	{"memory", CS_P_INT, 0, 0, 1 << 24, NULL, "megabytes that training may take; 0: maintenance_work_mem"},
	{"pca", CS_P_REAL, 0, 0, 16000, NULL,
	"principal components to cluster by: how many, or, below 1, the share of the variance that they hold; 0: none"},
	{"min_group_rows", CS_P_INT, 0, 0, 1 << 30, NULL,
	"with group_by: rows that a group needs for a model of its own; 0: 50 per segment of the least k, 100 where there is no k"},
	{"pinned", CS_P_RULES, 0, 0, 0, NULL,
	"segments by rules, before any clustering: [{\"name\": \"VIP\", \"where\": \"spent > 5000\"}, ...]; the first that holds"},
	{0}
};

const cs_param cs_reco_host_params[] = {
	{"event_weights", CS_P_OBJECT, 0, 0, 0, NULL,
	"what events of each type count for, such as {\"purchase\": 1, \"view\": 0.2}; other types are left out"},
	{"memory", CS_P_INT, 0, 0, 1 << 24, NULL, "megabytes that training may take; 0: maintenance_work_mem"},
	{"forgettable", CS_P_BOOL, 1, 0, 1, NULL,
	"algorithms that count keep the customers' events, so that forget_customer() is exact and at once"},
	{0}
};
