-- iris.sql - the table iris: 150 flowers, see README.md here.
CREATE TABLE iris (flower int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sepal_length float8, sepal_width float8,
	petal_length float8, petal_width float8, species text);
\copy iris (sepal_length, sepal_width, petal_length, petal_width, species) FROM 'test/data/iris.csv' WITH (FORMAT csv, HEADER)
