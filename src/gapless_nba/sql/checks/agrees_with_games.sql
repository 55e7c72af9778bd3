-- A row about a player on a date speaks of the team and the game he played in.
SELECT
  c.game_date,
  c.player_lookup AS entity,
  g.player_id IS NOT NULL AND c.team = g.team AND c.opponent = g.opponent AND c.game_id = g.game_id
  AND c.game_code = g.game_code AS ok,
  'here ' || c.team || ' in ' || c.game_id || ' (' || c.game_code || '), in player_game_summary '
  || coalesce(g.team || ' in ' || g.game_id || ' (' || g.game_code || ')', 'nothing') AS detail
FROM candidate AS c
LEFT JOIN player_game_summary AS g
  ON g.game_date = c.game_date
  AND g.player_id = c.player_id
