create table clusters (
    id integer primary key,
    course text not null references courses(id),
    members text not null unique,
    made_at text not null
) strict;

create table clustered (
    cluster integer not null references clusters(id) on delete cascade,
    question integer not null references questions(id) on delete cascade,
    position integer not null,
    primary key (cluster, question)
) strict, without rowid;
create index clustered_by_question on clustered(question);

create table settled (
    change integer not null references changes(id),
    question integer not null references questions(id) on delete cascade,
    entry integer references entries(key),
    primary key (change, question)
) strict, without rowid;
create index settled_by_question on settled(question);

create table postponed (
    person text not null references people(id) on delete cascade,
    question integer not null references questions(id) on delete cascade,
    until text not null,
    primary key (person, question)
) strict, without rowid;
create index postponed_by_question on postponed(question);

create table wishes (
    person text primary key references people(id) on delete cascade,
    muted integer not null default 0 check (muted in (0, 1)),
    digest integer not null default 0 check (digest in (0, 1))
) strict, without rowid;

create table sent_files (
    id integer primary key,
    person text not null references people(id) on delete cascade,
    course text not null references courses(id),
    name text not null,
    content blob not null,
    sent_at text not null,
    change integer references changes(id),
    ref text unique
) strict;
