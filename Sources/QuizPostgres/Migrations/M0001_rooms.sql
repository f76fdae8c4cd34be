-- expand
CREATE TABLE shard_fence (
    shard int4 PRIMARY KEY,
    epoch int8 NOT NULL,
    owner uuid NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE room (
    room uuid PRIMARY KEY,
    code text NOT NULL,
    shard int4 NOT NULL,
    rules int4 NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz
);
CREATE INDEX room_open ON room (shard) WHERE closed_at IS NULL;

CREATE TABLE room_code (
    code text PRIMARY KEY,
    room uuid NOT NULL,
    lent_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE room_journal (
    room uuid NOT NULL,
    number int8 NOT NULL CHECK (number > 0),
    epoch int8 NOT NULL,
    chain bytea NOT NULL CHECK (octet_length(chain) = 32),
    digest int8,
    payload bytea NOT NULL,
    PRIMARY KEY (room, number)
);

CREATE TABLE room_snapshot (
    room uuid NOT NULL,
    number int8 NOT NULL,
    chain bytea NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (room, number)
);

CREATE TABLE game_result (
    game uuid PRIMARY KEY,
    room uuid NOT NULL,
    title text NOT NULL,
    finished_at_ms int8 NOT NULL,
    number int8 NOT NULL,
    chain bytea NOT NULL,
    result bytea NOT NULL,
    signature bytea NOT NULL,
    key_id text NOT NULL
);

CREATE TABLE game_player (
    game uuid NOT NULL REFERENCES game_result,
    player uuid NOT NULL,
    position int4 NOT NULL,
    finished_at_ms int8 NOT NULL,
    nickname text NOT NULL,
    rank int4 NOT NULL,
    previous_rank int4,
    score int4 NOT NULL,
    accuracy_points int4 NOT NULL,
    speed_points int4 NOT NULL,
    streak int4 NOT NULL,
    right_answers int4 NOT NULL,
    PRIMARY KEY (game, player)
);
CREATE INDEX game_player_history ON game_player (player, finished_at_ms DESC, game DESC);
