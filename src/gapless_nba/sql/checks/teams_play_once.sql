-- A team plays once on a date. One that plays twice has a game under two ids, or a game on a wrong date.
WITH scheduled_teams AS (
  SELECT game_date, game_id, home_team AS team
  FROM schedule
  UNION ALL
  SELECT game_date, game_id, away_team AS team
  FROM schedule
)

SELECT
  game_date,
  team AS entity,
  count(*) = 1 AS ok,
  CAST(count(*) AS VARCHAR) || ' games on one date, ' || min(game_id) || ' and ' || max(game_id) AS detail
FROM scheduled_teams
GROUP BY game_date, team
