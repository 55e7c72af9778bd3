-- A game is complete in the box scores when each team has at least 5 players who appeared and their
-- points add up to the team's score.
WITH scheduled_teams AS (
  SELECT game_date, game_id, home_team AS team, home_score AS score
  FROM schedule
  UNION ALL
  SELECT game_date, game_id, away_team AS team, away_score AS score
  FROM schedule
),

appeared AS (
  SELECT
    game_date,
    game_id,
    team,
    count(*) AS players,
    sum(pts) AS points
  FROM box_scores
  WHERE played
  GROUP BY game_date, game_id, team
),

found AS (
  SELECT
    s.game_date,
    s.game_id,
    s.team,
    s.score,
    coalesce(a.players, 0) AS players,
    coalesce(a.points, 0) AS points
  FROM scheduled_teams AS s
  LEFT JOIN appeared AS a
    ON a.game_date = s.game_date
    AND a.game_id = s.game_id
    AND a.team = s.team
)

SELECT
  game_date,
  game_id || ' ' || team AS entity,
  -- Without a score there is nothing that the points could prove.
  score IS NOT NULL AND players >= 5 AND points = score AS ok,
  'expected at least 5 players and '
  || coalesce(CAST(score AS VARCHAR) || ' points', 'a score, which the schedule lacks')
  || ', found ' || CAST(players AS VARCHAR) || ' players and '
  || CAST(points AS VARCHAR) || ' points' AS detail
FROM found
