# parts_serving.sh - lists that are shaped, and customers for items and segments, for a whole shop (sourced by run).

# serving WHAT GATE STATEMENT: processor time of one process, the median of a few
serving()
{
	local i times=()
	for i in $(times "$REPEATS"); do
		sql_time "$3"
		times+=("$cpu")
	done
	within "$1" "$(median "${times[@]}")" - "" "$2" -
}

# Lists of all customers, with what shapes them; what it costs beyond plain lists is seen by the first line of each algorithm.
part_serving()
{
	local n a
	n=$(scaled 1000000)
	load_events "$n"
	sql "SET max_parallel_workers_per_gather = 0"
	drop_sql shop
	drop_sql groups
	sql "DROP TABLE IF EXISTS people, things;
		CREATE TABLE people AS SELECT customer AS id, count(*)::float8 AS n, extract(epoch FROM max(at))::float8 / 86400 AS last FROM events GROUP BY 1;
		CREATE TABLE things AS SELECT item, 'c' || abs(hashtext(item) % 64) AS category FROM events GROUP BY 1;
		SELECT k FROM clusterseg.train('groups', 'people', 'id', '{n,last}', k => 8)"
	for a in itemknn ials; do
		drop_sql shop
		sql "SELECT * FROM clusterseg.train_recommender('shop', 'events', 'customer', 'item', at => 'at', algorithm => '$a', segmentation => 'groups',
			item_source => 'things', options => '$([ $a = ials ] && echo '{"factors": 64, "iterations": 2}' || echo '{"neighbours": 50}')')"
		quiet
		serving "recommend_all, $a, $(scaled 100000) customers" "3" "SELECT count(*) FROM clusterseg.recommend_all('shop', 10)"
		serving "    max_per_category => 2" "3" "SELECT count(*) FROM clusterseg.recommend_all('shop', 10, max_per_category => 2)"
		serving "    diversity => 0.3" "30" "SELECT count(*) FROM clusterseg.recommend_all('shop', 10, diversity => 0.3)"
		serving "    explore => 0.2" "30" "SELECT count(*) FROM clusterseg.recommend_all('shop', 10, explore => 0.2)"
		serving "customers_for_item, $a" 2 "SELECT count(*) FROM clusterseg.customers_for_item('shop', (SELECT item FROM things ORDER BY item LIMIT 1), 100)"
	done
	serving "customers_for_segment_uplift" 2 "SELECT count(*) FROM clusterseg.customers_for_segment_uplift('shop', 1, 100)"
	serving "segment_uplift" 0.02 "SELECT count(*) FROM clusterseg.segment_uplift('shop', 1, 100)"
	sql "RESET max_parallel_workers_per_gather"
}
