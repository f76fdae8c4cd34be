-- expand
CREATE TABLE category (
    id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE pack (
    id text COLLATE "C" PRIMARY KEY,
    title text NOT NULL,
    description text NOT NULL
);

CREATE TABLE question (
    id text COLLATE "C" PRIMARY KEY,
    kind text NOT NULL,
    category text COLLATE "C" NOT NULL REFERENCES category,
    difficulty text NOT NULL,
    prompt text NOT NULL,
    choices text[] NOT NULL,
    correct int4[] NOT NULL,
    explanation text,
    source_title text,
    source_url text
);
CREATE INDEX question_draw ON question (category, difficulty);

CREATE TABLE pack_question (
    pack text COLLATE "C" REFERENCES pack,
    question text COLLATE "C" REFERENCES question,
    PRIMARY KEY (pack, question)
);
