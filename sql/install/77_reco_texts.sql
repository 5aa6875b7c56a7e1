-- ---------------------------------------------------------------------------
-- Customers and items as texts: drivers leave the type of a parameter open, as in recommend('m', $1), and "any" alone
-- would not know what to make of it
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg.recommend(model text, customer text, n int DEFAULT 10, exclude_seen boolean DEFAULT true,
		candidates text DEFAULT NULL, diversity float8 DEFAULT 0, max_per_category int DEFAULT NULL, explore float8 DEFAULT 0,
		options jsonb DEFAULT '{}')
	RETURNS TABLE (rank int, item_id text, score float8, source text, reason text, propensity float8)
	AS 'MODULE_PATHNAME', 'clusterseg_recommend' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10 COST 1000;
COMMENT ON FUNCTION clusterseg.recommend(text, text, int, boolean, text, float8, int, float8, jsonb) IS
	'the n best items for a customer, from the history that the snapshot shows; without history those of the customer''s segment, else the popular ones; candidates is a query whose first column gives the items to choose from';

CREATE FUNCTION clusterseg.similar_items(model text, item text, n int DEFAULT 10)
	RETURNS TABLE (rank int, item_id text, score float8)
	AS 'MODULE_PATHNAME', 'clusterseg_similar_items' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10 COST 1000;
COMMENT ON FUNCTION clusterseg.similar_items(text, text, int) IS 'the n items that go best with an item';

CREATE FUNCTION clusterseg.rank_items(model text, customer text, items text[])
	RETURNS TABLE (rank int, item_id text, score float8)
	AS 'MODULE_PATHNAME', 'clusterseg_rank_items' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10 COST 1000;
COMMENT ON FUNCTION clusterseg.rank_items(text, text, text[]) IS
	'the given items in the order in which a customer wants them; items that the model does not know come last, with score 0';

CREATE FUNCTION clusterseg.customers_for_item(model text, item text, n int DEFAULT 100, exclude_seen boolean DEFAULT true)
	RETURNS TABLE (rank int, customer_id text, score float8, source text)
	AS 'MODULE_PATHNAME', 'clusterseg_customers_for_item' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100 COST 1000000;
COMMENT ON FUNCTION clusterseg.customers_for_item(text, text, int, boolean) IS
	'the n customers who want an item most, those who have it left out: first those whose own history leads to it, then by their segments';

CREATE FUNCTION clusterseg.forget_customer(model text, customer text) RETURNS TABLE (version int, algorithm text, state text)
	AS 'MODULE_PATHNAME', 'clusterseg_forget_customer' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 5 COST 1000000;
COMMENT ON FUNCTION clusterseg.forget_customer(text, text) IS
	'makes all versions of a recommender what they would be had they never seen the customer, and removes the kept recommendations and what was logged of the customer; where a version does not keep what that takes, state says that it is to be trained again';

CREATE FUNCTION clusterseg.explain_recommendation(model text, customer text, item text)
	RETURNS TABLE (term text, contribution float8)
	AS 'MODULE_PATHNAME', 'clusterseg_explain_recommendation' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 5 COST 1000;
COMMENT ON FUNCTION clusterseg.explain_recommendation(text, text, text) IS
	'what the score of an item for a customer is made of: contributions add up to the score that recommend() shows; none when it would not be recommended';

CREATE FUNCTION clusterseg.explain_recommendation(model text, customer text, item "any")
	RETURNS TABLE (term text, contribution float8)
	AS 'MODULE_PATHNAME', 'clusterseg_explain_recommendation' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 5 COST 1000;
COMMENT ON FUNCTION clusterseg.explain_recommendation(text, text, "any") IS
	'what the score of an item for a customer is made of: contributions add up to the score that recommend() shows; none when it would not be recommended';

CREATE FUNCTION clusterseg.explain_recommendation(model text, customer "any", item text)
	RETURNS TABLE (term text, contribution float8)
	AS 'MODULE_PATHNAME', 'clusterseg_explain_recommendation' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 5 COST 1000;
COMMENT ON FUNCTION clusterseg.explain_recommendation(text, "any", text) IS
	'what the score of an item for a customer is made of: contributions add up to the score that recommend() shows; none when it would not be recommended';
