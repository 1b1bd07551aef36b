create table courses (
    id text primary key check (length(id) between 1 and 56),
    title text not null,
    created_at text not null
) strict;

create table entries (
    key integer primary key,
    course text not null references courses(id),
    id text not null,
    question text not null,
    answer text not null,
    section text not null default '',
    source_url text not null default '',
    tags text not null default '',
    lang text not null default '',
    expires_on text not null default '',
    created_at text not null,
    updated_at text not null,
    retired_at text,
    unique (course, id)
) strict;

create table alternates (
    entry integer not null references entries(key) on delete cascade,
    position integer not null,
    text text not null,
    primary key (entry, position)
) strict, without rowid;

create table people (
    id text primary key,
    course text references courses(id),
    lang text not null default '',
    first_seen_at text not null
) strict;

create table chats (
    person text primary key references people(id) on delete cascade,
    chat_id integer not null
) strict;

create table questions (
    id integer primary key,
    text text not null,
    course text references courses(id),
    lang text not null default '',
    person text references people(id),
    asked_at text not null,
    decision text check (decision in ('answer', 'suggest', 'abstain')),
    confidence real,
    model text not null default '',
    ref text unique
) strict;
create index questions_by_time on questions(asked_at);

create table shown (
    question integer not null references questions(id) on delete cascade,
    position integer not null,
    entry integer not null references entries(key),
    score real not null,
    probability real not null,
    primary key (question, position)
) strict, without rowid;

create table feedback (
    id integer primary key,
    question integer not null references questions(id) on delete cascade,
    entry integer references entries(key),
    vote text not null check (vote in ('up', 'down', 'chosen', 'none', 'correction')),
    position integer,
    person text references people(id),
    role text not null check (role in ('student', 'teacher')),
    given_at text not null
) strict;
create unique index one_vote on feedback(question, ifnull(entry, 0), ifnull(person, ''));
create index feedback_by_entry on feedback(entry);

create table escalations (
    id integer primary key,
    question integer not null unique references questions(id) on delete cascade,
    created_at text not null,
    closed_at text
) strict;

create table inbox (
    update_id integer primary key,
    payload text,
    state text not null check (state in ('waiting', 'done', 'failed')),
    received_at text not null,
    done_at text,
    attempts integer not null default 0,
    error text not null default ''
) strict;
create index inbox_waiting on inbox(update_id) where state = 'waiting';

create table model_versions (
    id integer primary key,
    kind text not null,
    version text not null,
    event text not null check (event in ('fitted', 'published', 'declined', 'rolled back')),
    at text not null,
    reason text not null default '',
    metrics text not null default '{}'
) strict;

create table settings (
    scope text not null default '',
    key text not null,
    value text not null,
    primary key (scope, key)
) strict, without rowid;
insert into settings (scope, key, value) values ('', 'revision', '0');
