-- expand
ALTER TABLE room ADD COLUMN folded_at timestamptz;
ALTER TABLE room ADD COLUMN quarantine text CHECK (char_length(quarantine) <= 1000);
CREATE INDEX room_to_fold ON room (closed_at) WHERE closed_at IS NOT NULL AND folded_at IS NULL;

-- What the beginning of a room's journal was folded into: the inputs up to number.
CREATE TABLE room_fold (
    room uuid PRIMARY KEY,
    number int8 NOT NULL CHECK (number >= 0),
    chain bytea NOT NULL CHECK (octet_length(chain) = 32),
    base bytea,
    is_removed boolean NOT NULL DEFAULT false,
    folded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX room_fold_left ON room_fold (room) WHERE NOT is_removed;
CREATE INDEX game_result_room ON game_result (room, number);
CREATE INDEX chat_message_age ON chat_message (sent_at_ms);
CREATE INDEX refresh_token_player ON refresh_token (player);

ALTER TABLE shard_plan ADD COLUMN note text NOT NULL DEFAULT '' CHECK (char_length(note) <= 1000);

CREATE TABLE repair (
    ordinal int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule text NOT NULL,
    subject text NOT NULL,
    action text NOT NULL,
    reason text NOT NULL CHECK (char_length(reason) <= 1000),
    repaired_at timestamptz NOT NULL DEFAULT now()
);
