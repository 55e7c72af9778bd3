-- Every shot belongs to a game that the schedule has on this date; shots under another id would vanish.
WITH shot_games AS (
  SELECT game_date, game_id, count(*) AS shots
  FROM shots
  GROUP BY game_date, game_id
)

SELECT
  coalesce(s.game_date, g.game_date) AS game_date,
  coalesce(s.game_id, g.game_id, 'a game without an id') AS entity,
  s.game_id IS NOT NULL AS ok,
  CAST(coalesce(g.shots, 0) AS VARCHAR) || ' shots of a game that the schedule does not have on this date'
    AS detail
FROM schedule AS s
FULL JOIN shot_games AS g
  ON g.game_date = s.game_date
  AND g.game_id = s.game_id
