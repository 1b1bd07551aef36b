create table topics (
    id integer primary key,
    course text not null references courses(id),
    name text not null,
    unique (course, name)
) strict;

create table topics_taken (
    person text not null references people(id) on delete cascade,
    topic integer not null references topics(id),
    primary key (person, topic)
) strict, without rowid;
create index topics_taken_by_topic on topics_taken(topic);

create table topics_alone (
    person text primary key references people(id) on delete cascade
) strict, without rowid;
