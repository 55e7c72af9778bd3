-- What a team allowed is what its opponent did.
SELECT
  c.game_date,
  c.game_id || ' ' || c.team AS entity,
  coalesce(
    c.points_allowed = o.points AND abs(c.opponent_possessions - o.possessions) < 1e-9
    AND abs(c.defensive_rating - o.offensive_rating) < 1e-9,
    FALSE
  )
  AND c.opponent_paint_fgm IS NOT DISTINCT FROM o.paint_fgm
  AND c.opponent_paint_fga IS NOT DISTINCT FROM o.paint_fga
  AND c.opponent_mid_range_fgm IS NOT DISTINCT FROM o.mid_range_fgm
  AND c.opponent_mid_range_fga IS NOT DISTINCT FROM o.mid_range_fga
  AND c.opponent_three_fgm IS NOT DISTINCT FROM o.three_fgm
  AND c.opponent_three_fga IS NOT DISTINCT FROM o.three_fga AS ok,
  'allowed ' || coalesce(CAST(c.points_allowed AS VARCHAR), 'nothing') || ' points, ' || c.opponent
  || ' made ' || coalesce(CAST(o.points AS VARCHAR), 'none') AS detail
FROM candidate AS c
LEFT JOIN team_offense_game_summary AS o
  ON o.game_date = c.game_date
  AND o.game_id = c.game_id
  AND o.team = c.opponent
