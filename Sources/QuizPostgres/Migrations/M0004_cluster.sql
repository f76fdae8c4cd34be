-- expand
-- The coordinator's term is the row of shard_fence with shard = -1.
CREATE TABLE shard_plan (
    shard int4 PRIMARY KEY CHECK (shard BETWEEN 0 AND 1023),
    target uuid NOT NULL,
    reason text NOT NULL
);

CREATE TABLE shard_move (
    shard int4 NOT NULL CHECK (shard BETWEEN 0 AND 1023),
    epoch int8 NOT NULL CHECK (epoch > 0),
    from_owner uuid,
    to_owner uuid NOT NULL,
    reason text NOT NULL,
    note text NOT NULL DEFAULT '' CHECK (char_length(note) <= 1000),
    moved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, epoch)
);
CREATE INDEX shard_move_newest ON shard_move (moved_at DESC);

CREATE TABLE node_setting (
    name text PRIMARY KEY CHECK (char_length(name) BETWEEN 1 AND 255),
    weight int4 CHECK (weight BETWEEN 0 AND 1000),
    draining bool NOT NULL DEFAULT false,
    reason text NOT NULL DEFAULT '' CHECK (char_length(reason) <= 1000),
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE shard_pin (
    shard int4 PRIMARY KEY CHECK (shard BETWEEN 0 AND 1023),
    node text NOT NULL CHECK (char_length(node) BETWEEN 1 AND 255),
    reason text NOT NULL DEFAULT '' CHECK (char_length(reason) <= 1000),
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE cluster_setting (
    one bool PRIMARY KEY DEFAULT true CHECK (one),
    rebalances int8 NOT NULL DEFAULT 0 CHECK (rebalances >= 0),
    reason text NOT NULL DEFAULT '' CHECK (char_length(reason) <= 1000),
    changed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO cluster_setting DEFAULT VALUES;
