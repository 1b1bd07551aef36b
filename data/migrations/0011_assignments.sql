create table assignments (
    key integer primary key,
    course text not null references courses(id),
    id text not null,
    title text not null,
    prompt text not null,
    reference text not null default '',
    scorer text not null default '',
    prompt_id text not null,
    min_score real not null,
    max_score real not null check (max_score > min_score),
    score_step real not null default 0 check (score_step >= 0),
    closes_on text not null default '',
    created_at text not null,
    updated_at text not null,
    retired_at text,
    unique (course, id)
) strict;

create table submissions (
    id integer primary key,
    assignment integer not null references assignments(key),
    person text not null references people(id) on delete cascade,
    text text not null,
    estimate text,
    submitted_at text not null,
    withdrawn_at text,
    ref text unique
) strict;
create index submissions_by_person on submissions(person);
create index submissions_by_assignment on submissions(assignment);
create unique index one_submission on submissions(assignment, person) where withdrawn_at is null;

create table marks (
    id integer primary key,
    submission integer not null references submissions(id) on delete cascade,
    teacher text references people(id) on delete set null,
    score real not null,
    comment text not null default '',
    marked_at text not null,
    ref text,
    unique (submission, teacher)
) strict;
create index marks_by_teacher on marks(teacher);
