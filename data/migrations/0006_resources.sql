create table resources (
    key integer primary key,
    course text not null references courses(id),
    id text not null,
    title text not null,
    url text not null,
    kind text not null default '' check (kind in ('', 'reading', 'video', 'exercise', 'notebook')),
    level text not null default '' check (level in ('', 'beginner', 'intermediate', 'advanced')),
    minutes integer not null default 0 check (minutes >= 0),
    lang text not null default '',
    summary text not null default '',
    created_at text not null,
    updated_at text not null,
    retired_at text,
    unique (course, id)
) strict;

create table resource_entries (
    resource integer not null references resources(key) on delete cascade,
    entry integer not null references entries(key),
    position integer not null,
    primary key (resource, entry)
) strict, without rowid;
create index resources_by_entry on resource_entries(entry);

create table resource_versions (
    change integer not null references changes(id),
    resource integer not null references resources(key),
    before text,
    after text,
    primary key (change, resource)
) strict, without rowid;

create table recommended (
    id integer primary key,
    person text not null references people(id) on delete cascade,
    resource integer not null references resources(key),
    entry integer references entries(key),
    why text not null check (why in ('asked', 'practised', 'near')),
    vote text check (vote in ('up', 'down')),
    at text not null,
    ref text,
    unique (ref, resource)
) strict;
create index recommended_by_person on recommended(person);
create index recommended_by_resource on recommended(resource);
