-- The expected set of PSZA: at least min(10, floor(day_of_season/3)) appearances before D; day_of_season counts from 0.
WITH after_appearance AS (
  SELECT
    player_id,
    player_lookup,
    season,
    game_date,
    lead(game_date) OVER so_far AS next_game_date,
    row_number() OVER so_far AS appearances
  FROM player_game_summary
  -- NULLS FIRST: neither key is ever NULL, but so every engine can say this order.
  WINDOW so_far AS (
    PARTITION BY season, player_id
    ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
  )
)

SELECT
  d.game_date,
  a.player_id,
  a.player_lookup,
  CASE WHEN a.appearances < least(10, floor(d.day_of_season / 3)) THEN 'too_few_games' END AS excluded
FROM partitions AS d
-- The latest appearance before D.
JOIN after_appearance AS a
  ON a.season = d.season
  AND a.game_date < d.game_date
  AND (a.next_game_date IS NULL OR a.next_game_date >= d.game_date)
