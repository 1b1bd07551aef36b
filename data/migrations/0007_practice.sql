create table cards (
    person text not null references people(id) on delete cascade,
    entry integer not null references entries(key),
    state text not null,
    due_at text not null,
    reviewed_at text not null,
    primary key (person, entry)
) strict, without rowid;

create table reviews (
    id integer primary key,
    person text not null references people(id) on delete cascade,
    entry integer not null references entries(key),
    given text not null,
    verdict text not null check (verdict in ('right', 'partly', 'not yet')),
    score real not null,
    own text check (own in ('right', 'partly', 'not yet')),
    before text,
    reviewed_at text not null,
    ref text unique
) strict;
create index reviews_by_person on reviews(person, entry);

create table not_quizzed (
    entry integer primary key references entries(key)
) strict;

create table reminders (
    person text primary key references people(id) on delete cascade,
    at text not null,
    utc_offset_min integer not null check (utc_offset_min between -720 and 840),
    done_on text not null
) strict, without rowid;
