-- expand
-- Which process is which node, for a time without Redis.
CREATE TABLE cluster_node (
    incarnation uuid PRIMARY KEY,
    -- JSON, as in Redis.
    announcement text NOT NULL CHECK (char_length(announcement) <= 8000),
    seen_at timestamptz NOT NULL DEFAULT now()
);
