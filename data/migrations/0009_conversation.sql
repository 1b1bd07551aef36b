alter table people add column language text not null default '';
alter table questions add column message integer;

create table dialogues (
    person text primary key references people(id) on delete cascade,
    skill text,
    state text not null default '{}',
    before_skill text,
    before_state text not null default '{}',
    ref text,
    updated_at text not null
) strict, without rowid;

create table notices (
    id integer primary key,
    person text not null references people(id) on delete cascade,
    question integer references questions(id) on delete cascade,
    entry integer references entries(key),
    lead text not null default '',
    choices text not null default '[]',
    file_name text not null default '',
    file blob,
    key text not null unique,
    created_at text not null,
    sent_at text
) strict;
create index notices_by_person on notices(person) where sent_at is null;
