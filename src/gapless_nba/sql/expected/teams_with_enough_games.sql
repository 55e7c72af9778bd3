-- The expected set of TDZA: at least min(15, floor(day_of_season/3)) games before D; day_of_season counts from 0.
SELECT
  d.game_date,
  g.team,
  CASE WHEN count(*) < least(15, floor(d.day_of_season / 3)) THEN 'too_few_games' END AS excluded
FROM partitions AS d
JOIN team_defense_game_summary AS g
  ON g.season = d.season
  AND g.game_date < d.game_date
GROUP BY d.game_date, d.day_of_season, g.team
