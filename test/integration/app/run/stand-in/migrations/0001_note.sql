-- There is no down migration: files are taken whole.
create table note (text text not null);
