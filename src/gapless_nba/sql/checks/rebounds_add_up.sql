-- Rebounds are offensive and defensive ones.
SELECT
  game_date,
  game_id || ' ' || player_name AS entity,
  reb IS NOT DISTINCT FROM oreb + dreb AS ok,
  coalesce(CAST(oreb AS VARCHAR), 'NULL') || ' + ' || coalesce(CAST(dreb AS VARCHAR), 'NULL') || ' is not '
  || coalesce(CAST(reb AS VARCHAR), 'NULL') AS detail
FROM candidate
