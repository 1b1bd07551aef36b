create table changes (
    id integer primary key,
    at text not null,
    actor text not null,
    action text not null,
    course text references courses(id),
    detail text not null default '',
    undoes integer references changes(id),
    model_version integer references model_versions(id),
    ref text unique
) strict;

create table entry_versions (
    change integer not null references changes(id),
    entry integer not null references entries(key),
    before text,
    after text,
    primary key (change, entry)
) strict, without rowid;
create index versions_by_entry on entry_versions(entry);

create table teachers (
    id integer primary key,
    person text not null references people(id) on delete cascade,
    course text not null references courses(id),
    name text not null default '',
    since text not null,
    unique (person, course)
) strict;

create table invitations (
    id integer primary key,
    digest text not null unique,
    course text not null references courses(id),
    name text not null default '',
    expires_at text not null,
    used_at text,
    used_by text references people(id) on delete set null,
    change integer not null unique references changes(id)
) strict;
