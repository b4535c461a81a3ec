-- Who may look after this server. Nobody is one until the operator says so on the command line.
alter table users add column admin integer not null default 0;
