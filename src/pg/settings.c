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
