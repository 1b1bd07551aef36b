create table assignment_versions (
    change integer not null references changes(id),
    assignment integer not null references assignments(key),
    before text,
    after text,
    primary key (change, assignment)
) strict, without rowid;
