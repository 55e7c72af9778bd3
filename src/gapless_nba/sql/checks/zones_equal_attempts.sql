-- The attempts of the three zones are a player's attempts, where the game has shots.
SELECT
  game_date,
  game_id || ' ' || player_name AS entity,
  coalesce(paint_fga + mid_range_fga + three_fga = fga, FALSE)
  AND coalesce(paint_fgm + mid_range_fgm + three_fgm = fgm, FALSE) AS ok,
  'zones ' || CAST(paint_fga + mid_range_fga + three_fga AS VARCHAR) || ' attempts, '
  || CAST(paint_fgm + mid_range_fgm + three_fgm AS VARCHAR) || ' makes; box '
  || CAST(fga AS VARCHAR) || ', ' || CAST(fgm AS VARCHAR) AS detail
FROM candidate
WHERE paint_fga IS NOT NULL
