-- player_shot_zone_analysis (PSZA): where each player with enough appearances before D shoots
-- from, and how well.

-- What is known of a player once an appearance is over.
-- NULLS FIRST: neither key is ever NULL, but so every engine can say this order.
WITH sums AS (
  SELECT
    player_id,
    player_lookup,
    season,
    game_date,
    lead(game_date) OVER so_far AS next_game_date,
    row_number() OVER so_far AS appearances,
    sum(paint_fga) OVER last_10 AS paint_fga_10,
    sum(paint_fgm) OVER last_10 AS paint_fgm_10,
    sum(mid_range_fga) OVER last_10 AS mid_range_fga_10,
    sum(mid_range_fgm) OVER last_10 AS mid_range_fgm_10,
    sum(three_fga) OVER last_10 AS three_fga_10,
    sum(three_fgm) OVER last_10 AS three_fgm_10,
    sum(paint_fga) OVER last_20 AS paint_fga_20,
    sum(paint_fgm) OVER last_20 AS paint_fgm_20,
    sum(mid_range_fga) OVER last_20 AS mid_range_fga_20,
    sum(mid_range_fgm) OVER last_20 AS mid_range_fgm_20,
    sum(three_fga) OVER last_20 AS three_fga_20,
    sum(three_fgm) OVER last_20 AS three_fgm_20
  FROM player_game_summary
  WINDOW
    so_far AS (
      PARTITION BY season, player_id
      ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
    ),
    last_10 AS (
      PARTITION BY season, player_id
      ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
      ROWS BETWEEN 9 PRECEDING AND CURRENT ROW
    ),
    last_20 AS (
      PARTITION BY season, player_id
      ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
      ROWS BETWEEN 19 PRECEDING AND CURRENT ROW
    )
),

totals AS (
  SELECT
    *,
    appearances >= 15 AS has_last_20,
    paint_fga_10 + mid_range_fga_10 + three_fga_10 AS shots_10,
    paint_fga_20 + mid_range_fga_20 + three_fga_20 AS shots_20
  FROM sums
),

after_appearance AS (
  SELECT
    player_id,
    player_lookup,
    season,
    game_date,
    next_game_date,
    appearances,
    paint_fga_10 / nullif(shots_10, 0) AS paint_rate_last_10,
    mid_range_fga_10 / nullif(shots_10, 0) AS mid_range_rate_last_10,
    three_fga_10 / nullif(shots_10, 0) AS three_rate_last_10,
    paint_fgm_10 / nullif(paint_fga_10, 0) AS paint_pct_last_10,
    mid_range_fgm_10 / nullif(mid_range_fga_10, 0) AS mid_range_pct_last_10,
    three_fgm_10 / nullif(three_fga_10, 0) AS three_pct_last_10,
    CASE WHEN has_last_20 THEN paint_fga_20 / nullif(shots_20, 0) END AS paint_rate_last_20,
    CASE WHEN has_last_20 THEN mid_range_fga_20 / nullif(shots_20, 0) END AS mid_range_rate_last_20,
    CASE WHEN has_last_20 THEN three_fga_20 / nullif(shots_20, 0) END AS three_rate_last_20,
    CASE WHEN has_last_20 THEN paint_fgm_20 / nullif(paint_fga_20, 0) END AS paint_pct_last_20,
    CASE WHEN has_last_20 THEN mid_range_fgm_20 / nullif(mid_range_fga_20, 0) END
      AS mid_range_pct_last_20,
    CASE WHEN has_last_20 THEN three_fgm_20 / nullif(three_fga_20, 0) END AS three_pct_last_20,
    CAST(shots_10 AS INTEGER) AS total_shots_last_10,
    CAST(CASE WHEN appearances < 10 THEN appearances ELSE 10 END AS INTEGER) AS games_in_window
  FROM totals
)

SELECT
  d.game_date,
  a.player_id,
  a.player_lookup,
  a.season,
  a.paint_rate_last_10,
  a.mid_range_rate_last_10,
  a.three_rate_last_10,
  a.paint_pct_last_10,
  a.mid_range_pct_last_10,
  a.three_pct_last_10,
  a.paint_rate_last_20,
  a.mid_range_rate_last_20,
  a.three_rate_last_20,
  a.paint_pct_last_20,
  a.mid_range_pct_last_20,
  a.three_pct_last_20,
  a.total_shots_last_10,
  a.games_in_window,
  CASE
    -- Rounded to 9 decimals: real rates sit on the thresholds.
    WHEN round(a.paint_rate_last_10 * 1e9) / 1e9 >= 0.40 THEN 'paint'
    WHEN round(a.three_rate_last_10 * 1e9) / 1e9 >= 0.40 THEN 'three'
    WHEN round(a.mid_range_rate_last_10 * 1e9) / 1e9 >= 0.35 THEN 'mid_range'
    WHEN a.paint_rate_last_10 IS NOT NULL THEN 'balanced'
  END AS primary_scoring_zone
FROM partitions AS d
-- The latest appearance before D.
JOIN after_appearance AS a
  ON a.season = d.season
  AND a.game_date < d.game_date
  AND (a.next_game_date IS NULL OR a.next_game_date >= d.game_date)
WHERE a.appearances >= least(10, floor(d.day_of_season / 3))
