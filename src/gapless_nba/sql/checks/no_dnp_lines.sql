-- Who did not play has no statistics, and zeros are statistics: they would count as a game in every average.
-- A line of zeros with a comment that says why he did not play is such a row. Five of them in one team never
-- happened in a real game, whatever the comments say (three players of a team, at most, got into a game for
-- less than half a minute and did nothing).
WITH lines AS (
  SELECT
    game_date,
    game_id,
    team,
    player_name,
    nullif(trim(dnp_comment), '') AS comment,
    minutes = 0 AND fga = 0 AND fta = 0 AND reb = 0 AND ast = 0 AND stl = 0 AND blk = 0 AND tov = 0 AND pf = 0
    AND coalesce(plus_minus, 0) = 0 AS is_empty
  FROM box_scores
  WHERE played
)

SELECT
  game_date,
  game_id || ' ' || team AS entity,
  count(CASE WHEN is_empty AND comment IS NOT NULL THEN 1 END) = 0
  AND count(CASE WHEN is_empty THEN 1 END) < 5 AS ok,
  CAST(count(CASE WHEN is_empty THEN 1 END) AS VARCHAR) || ' players with zeros in all columns, first '
  || coalesce(
    min(CASE WHEN is_empty THEN player_name || coalesce(' (' || comment || ')', '') END), 'nobody'
  ) AS detail
FROM lines
GROUP BY game_date, game_id, team
