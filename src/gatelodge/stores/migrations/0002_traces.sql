-- Why requests were answered as they were, for the inspector: the last few, written in batches. No value of a request.
create table traces (
    id {ID},
    request_id text not null,
    at bigint not null,
    refused integer not null,
    endpoint text not null,
    client_id text not null,
    trace text not null                   -- JSON
);
create index traces_request on traces (request_id);
create index traces_refused on traces (refused, id);
create index traces_at on traces (at);
