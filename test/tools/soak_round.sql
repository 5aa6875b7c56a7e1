-- One round of a session of soak: train, assign, refresh, recommend; then the memory of this backend in kB.
\set model soak_:session
SELECT count(*) FROM clusterseg.train(:'model', 'soak_rfm', 'customer_id', ARRAY['recency_days', 'orders', 'monetary'], k => 5);
SELECT count(clusterseg.segment(:'model', r)) FROM soak_rfm r;
SELECT count(*) FROM clusterseg.refresh(:'model');
SELECT count(*) FROM (SELECT clusterseg.kmeans(ARRAY[recency_days, orders, monetary]::float8[], 4) OVER () FROM soak_rfm) s;
\set shoppers recommend_:session
SELECT count(*) FROM clusterseg.train_recommender(:'shoppers', 'shop.orders', 'customer_id', 'item_id', algorithm => 'itemknn');
SELECT count(*) FROM generate_series(1, 50) c, clusterseg.recommend(:'shoppers', c, 5);
INSERT INTO soak_memory (session, resident, used)
  SELECT :session, substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s+(\d+)')::int, sum(used_bytes) / 1024
    FROM pg_backend_memory_contexts;
