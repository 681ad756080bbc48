// The second lock on every project's rows: a policy on each table that has a project. The setting is read once a statement, by
// subqueries: read for every row, it would cost more than the row, and the planner would take it for something that few rows pass.

/** Sets the policies anew, so that a table that a migration has just made has its own. */
export const rowSecurity = `
do $$ declare t text; begin
  for t in select table_name from information_schema.columns where table_schema = current_schema() and column_name = 'project_id' loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('drop policy if exists s4t_scope on %I', t);
    execute format('create policy s4t_scope on %I using ((select current_setting(''s4t.projects'', true) = ''all'') or project_id = any((select string_to_array(current_setting(''s4t.projects'', true), '',''))::text[]))', t);
  end loop;
end $$`;
