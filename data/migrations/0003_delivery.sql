alter table inbox add column chat integer not null default 0;
alter table inbox add column messages integer not null default 0;
create index inbox_lanes on inbox(chat, update_id) where state = 'waiting';

create table outbox (
    id integer primary key,
    update_id integer not null,
    position integer not null,
    chat integer not null,
    method text not null,
    params text,
    state text not null default 'waiting' check (state in ('waiting', 'failed')),
    created_at text not null,
    error text not null default '',
    unique (update_id, position)
) strict;
create index outbox_lanes on outbox(chat, id) where state = 'waiting';

alter table chats add column blocked_at text;
