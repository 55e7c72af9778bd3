-- What a team did is what its players did.
WITH players AS (
  SELECT
    game_date,
    game_id,
    team,
    sum(points) AS points,
    sum(fgm) AS fgm,
    sum(fga) AS fga,
    sum(fg3m) AS fg3m,
    sum(fg3a) AS fg3a,
    sum(ftm) AS ftm,
    sum(fta) AS fta,
    sum(oreb) AS oreb,
    sum(dreb) AS dreb,
    sum(reb) AS reb,
    sum(ast) AS ast,
    sum(stl) AS stl,
    sum(blk) AS blk,
    sum(tov) AS tov,
    sum(pf) AS pf,
    sum(paint_fga) AS paint_fga,
    sum(paint_fgm) AS paint_fgm,
    sum(mid_range_fga) AS mid_range_fga,
    sum(mid_range_fgm) AS mid_range_fgm,
    sum(three_fga) AS three_fga,
    sum(three_fgm) AS three_fgm,
    sum(minutes) AS minutes
  FROM player_game_summary
  GROUP BY game_date, game_id, team
)

SELECT
  c.game_date,
  c.game_id || ' ' || c.team AS entity,
  coalesce(abs(c.team_minutes - p.minutes) < 1e-6, FALSE)
  AND c.points IS NOT DISTINCT FROM p.points
  AND c.fgm IS NOT DISTINCT FROM p.fgm
  AND c.fga IS NOT DISTINCT FROM p.fga
  AND c.fg3m IS NOT DISTINCT FROM p.fg3m
  AND c.fg3a IS NOT DISTINCT FROM p.fg3a
  AND c.ftm IS NOT DISTINCT FROM p.ftm
  AND c.fta IS NOT DISTINCT FROM p.fta
  AND c.oreb IS NOT DISTINCT FROM p.oreb
  AND c.dreb IS NOT DISTINCT FROM p.dreb
  AND c.reb IS NOT DISTINCT FROM p.reb
  AND c.ast IS NOT DISTINCT FROM p.ast
  AND c.stl IS NOT DISTINCT FROM p.stl
  AND c.blk IS NOT DISTINCT FROM p.blk
  AND c.tov IS NOT DISTINCT FROM p.tov
  AND c.pf IS NOT DISTINCT FROM p.pf
  AND c.paint_fga IS NOT DISTINCT FROM p.paint_fga
  AND c.paint_fgm IS NOT DISTINCT FROM p.paint_fgm
  AND c.mid_range_fga IS NOT DISTINCT FROM p.mid_range_fga
  AND c.mid_range_fgm IS NOT DISTINCT FROM p.mid_range_fgm
  AND c.three_fga IS NOT DISTINCT FROM p.three_fga
  AND c.three_fgm IS NOT DISTINCT FROM p.three_fgm AS ok,
  'the team has ' || coalesce(CAST(c.points AS VARCHAR), 'no') || ' points of '
  || coalesce(CAST(c.fga AS VARCHAR), 'no') || ' attempts, its players '
  || coalesce(CAST(p.points AS VARCHAR), 'no') || ' of ' || coalesce(CAST(p.fga AS VARCHAR), 'no')
  || '; or another column differs' AS detail
FROM candidate AS c
LEFT JOIN players AS p
  ON p.game_date = c.game_date
  AND p.game_id = c.game_id
  AND p.team = c.team
