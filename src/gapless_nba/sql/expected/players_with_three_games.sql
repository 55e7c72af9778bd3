-- The expected set of PDC: the players of D with at least 3 appearances before D.
WITH numbered AS (
  SELECT
    player_id,
    season,
    game_date,
    -- NULLS FIRST: neither key is ever NULL, but so every engine can say this order.
    row_number() OVER (
      PARTITION BY season, player_id
      ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
    ) AS appearances
  FROM player_game_summary
),

third_appearances AS (
  SELECT player_id, season, game_date
  FROM numbered
  WHERE appearances = 3
)

SELECT
  p.game_date,
  p.player_id,
  p.player_lookup,
  p.game_id,
  p.team,
  CASE WHEN t.game_date IS NULL OR t.game_date >= p.game_date THEN 'too_few_games' END AS excluded
FROM players AS p
LEFT JOIN third_appearances AS t
  ON t.player_id = p.player_id
  AND t.season = p.season
