-- Every game of the box scores is on the schedule: on this date, under both of its ids, with this team.
-- A game that ended after midnight, or was postponed, must not be filed under another date.
WITH listed AS (
  SELECT
    game_date,
    game_id,
    date_away_home_id,
    team,
    opponent,
    count(*) AS players
  FROM box_scores
  GROUP BY game_date, game_id, date_away_home_id, team, opponent
)

SELECT
  l.game_date,
  coalesce(l.game_id, 'a game without an id') || ' ' || coalesce(l.team, 'no team') AS entity,
  s.game_id IS NOT NULL AS ok,
  CAST(l.players AS VARCHAR) || ' players of ' || coalesce(l.date_away_home_id, 'a game without a code')
  || ', which the schedule does not have on this date' AS detail
FROM listed AS l
LEFT JOIN schedule AS s
  ON s.game_date = l.game_date
  AND s.game_id = l.game_id
  AND s.date_away_home_id = l.date_away_home_id
  AND (
    (s.home_team = l.team AND s.away_team = l.opponent)
    OR (s.away_team = l.team AND s.home_team = l.opponent)
  )
