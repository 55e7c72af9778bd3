-- The players of the synthetic context: those of player_game_summary on D.
SELECT
  game_date,
  player_id,
  player_lookup,
  player_name,
  season,
  game_id,
  game_code,
  team,
  opponent,
  is_home,
  'synthetic' AS context_source
FROM player_game_summary
