-- Requests that wait for a person are removed soon after their end: see stores/sweep.py.
create index tickets_interactions on tickets (expires_at) where kind = 'interaction';
