-- What a team did is what its players did.
WITH players AS (
  SELECT
    game_date,
    game_id,
    team,
    sum(points) AS points,
    sum(fgm) AS fgm,
    sum(fga) AS fga,
    sum(ftm) AS ftm,
    sum(fta) AS fta,
    sum(reb) AS reb,
    sum(ast) AS ast,
    sum(tov) AS tov,
    sum(minutes) AS minutes,
    sum(paint_fga) AS paint_fga,
    sum(mid_range_fga) AS mid_range_fga,
    sum(three_fga) AS three_fga
  FROM player_game_summary
  GROUP BY game_date, game_id, team
)

SELECT
  c.game_date,
  c.game_id || ' ' || c.team AS entity,
  coalesce(
    c.points = p.points AND c.fgm = p.fgm AND c.fga = p.fga AND c.ftm = p.ftm AND c.fta = p.fta
    AND c.reb = p.reb AND c.ast = p.ast AND c.tov = p.tov AND abs(c.team_minutes - p.minutes) < 1e-6,
    FALSE
  )
  AND c.paint_fga IS NOT DISTINCT FROM p.paint_fga
  AND c.mid_range_fga IS NOT DISTINCT FROM p.mid_range_fga
  AND c.three_fga IS NOT DISTINCT FROM p.three_fga AS ok,
  'the team has ' || coalesce(CAST(c.points AS VARCHAR), 'no') || ' points of '
  || coalesce(CAST(c.fga AS VARCHAR), 'no') || ' attempts, its players '
  || coalesce(CAST(p.points AS VARCHAR), 'no') || ' of ' || coalesce(CAST(p.fga AS VARCHAR), 'no') AS detail
FROM candidate AS c
LEFT JOIN players AS p
  ON p.game_date = c.game_date
  AND p.game_id = c.game_id
  AND p.team = c.team
