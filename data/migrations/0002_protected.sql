create table protected (
    id integer primary key,
    course text not null references courses(id),
    question text not null,
    wording text not null,
    entry integer not null references entries(key),
    created_at text not null,
    unique (course, wording, entry)
) strict;
