alter table questions add column context text not null default '';
alter table questions add column reading text
    generated always as (iif(context = '', text, context || ' ' || text)) virtual;
alter table questions add column chat integer;
create index questions_by_message on questions(message) where message is not null;

create table groups (
    chat integer primary key,
    course text references courses(id)
) strict;
