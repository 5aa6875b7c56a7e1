-- What the endurance sessions of soak work on, after docs/shop.sql.
SELECT clusterseg.create_rfm_view('soak_rfm', 'shop.orders', 'customer_id', 'ordered_at', 'amount', as_of => '2025-07-01');
CREATE TABLE soak_memory (session int, id int GENERATED ALWAYS AS IDENTITY, resident int, used int);
