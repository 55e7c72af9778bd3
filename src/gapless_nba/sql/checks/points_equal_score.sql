-- A team's points are those of the schedule. Every scheduled team is examined, also one without a row.
WITH scheduled_teams AS (
  SELECT game_date, game_id, home_team AS team, home_score AS score
  FROM schedule
  UNION ALL
  SELECT game_date, game_id, away_team AS team, away_score AS score
  FROM schedule
)

SELECT
  s.game_date,
  s.game_id || ' ' || s.team AS entity,
  c.points IS NOT NULL AND c.points = s.score AS ok,
  'expected ' || coalesce(CAST(s.score AS VARCHAR), 'a score') || ' points, found '
  || coalesce(CAST(c.points AS VARCHAR), 'no row') AS detail
FROM scheduled_teams AS s
LEFT JOIN candidate AS c
  ON c.game_date = s.game_date
  AND c.game_id = s.game_id
  AND c.team = s.team
