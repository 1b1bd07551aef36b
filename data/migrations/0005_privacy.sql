create table learned_from (
    id integer primary key,
    version text not null,
    person text references people(id) on delete set null,
    unique (version, person)
) strict;
create index learned_from_person on learned_from(person);
create index questions_by_person on questions(person);
create index feedback_by_person on feedback(person);
