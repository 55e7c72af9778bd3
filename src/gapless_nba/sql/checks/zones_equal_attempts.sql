-- The attempts of the three zones are a player's attempts, where the game has shots.
SELECT
  game_date,
  game_id || ' ' || player_name AS entity,
  paint_fga IS NULL
  OR (
    coalesce(paint_fga + mid_range_fga + three_fga = fga, FALSE)
    AND coalesce(paint_fgm + mid_range_fgm + three_fgm = fgm, FALSE)
  ) AS ok,
  'zones ' || CAST(paint_fga + mid_range_fga + three_fga AS VARCHAR) || ' attempts, '
  || CAST(paint_fgm + mid_range_fgm + three_fgm AS VARCHAR) || ' makes; box '
  || CAST(fga AS VARCHAR) || ', ' || CAST(fgm AS VARCHAR) AS detail,
  abs(paint_fga + mid_range_fga + three_fga - fga) AS attempts_off,
  abs(paint_fgm + mid_range_fgm + three_fgm - fgm) AS makes_off
FROM candidate
