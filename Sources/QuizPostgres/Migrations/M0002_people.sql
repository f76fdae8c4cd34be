-- expand
CREATE TABLE chat_message (
    id uuid PRIMARY KEY,
    ordinal int8 GENERATED ALWAYS AS IDENTITY,
    room uuid NOT NULL,
    player uuid NOT NULL,
    client text NOT NULL,
    nickname text NOT NULL,
    line text NOT NULL,
    sent_at_ms int8 NOT NULL,
    UNIQUE (room, player, client)
);
CREATE INDEX chat_message_page ON chat_message (room, ordinal DESC);

CREATE TABLE account (
    player uuid PRIMARY KEY,
    nickname text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE refresh_token (
    token_digest bytea PRIMARY KEY CHECK (octet_length(token_digest) = 32),
    family int8 NOT NULL,
    player uuid NOT NULL REFERENCES account,
    expires_at_ms int8 NOT NULL,
    rotated boolean NOT NULL DEFAULT false,
    revoked boolean NOT NULL DEFAULT false
);
CREATE INDEX refresh_token_family ON refresh_token (family);
CREATE INDEX refresh_token_expiry ON refresh_token (expires_at_ms);

CREATE TABLE revocation (
    player uuid PRIMARY KEY,
    issued_before_ms int8 NOT NULL,
    until_ms int8 NOT NULL
);
