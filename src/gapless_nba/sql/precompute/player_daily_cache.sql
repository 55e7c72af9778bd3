-- player_daily_cache (PDC): what is known on the morning of D of each player with at least 3
-- appearances before D.
--
-- Points are whole numbers, whose sums are exact. Means of fractions are taken over whole multiples
-- of 1e-12: these add up to the same double in any order, so a rerun gives the same bits.

-- What is known of a player once an appearance is over.
-- NULLS FIRST: neither key is ever NULL, but so every engine can say this order.
WITH after_appearance AS (
  SELECT
    player_id,
    season,
    game_date,
    lead(game_date) OVER in_order AS next_game_date,
    row_number() OVER in_order AS appearances,
    avg(points) OVER last_5 AS points_avg_last_5,
    avg(points) OVER last_10 AS points_avg_last_10,
    avg(points) OVER so_far AS points_avg_season,
    count(points) OVER last_10 AS games_10,
    sum(points) OVER last_10 AS points_10,
    sum(points * points) OVER last_10 AS points_squared_10,
    sum(fga) OVER last_10 AS fga_10,
    sum(fta) OVER last_10 AS fta_10,
    avg(round(minutes * 1e12)) OVER last_10 / 1e12 AS minutes_avg_last_10,
    avg(round(usage_rate * 1e12)) OVER last_10 / 1e12 AS usage_rate_last_10
  FROM player_game_summary
  WINDOW
    in_order AS (
      PARTITION BY season, player_id
      ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
    ),
    last_5 AS (
      PARTITION BY season, player_id
      ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
      ROWS BETWEEN 4 PRECEDING AND CURRENT ROW
    ),
    last_10 AS (
      PARTITION BY season, player_id
      ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
      ROWS BETWEEN 9 PRECEDING AND CURRENT ROW
    ),
    so_far AS (
      PARTITION BY season, player_id
      ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),

-- What is known of a team once a game is over.
after_game AS (
  SELECT
    team,
    season,
    game_date,
    lead(game_date) OVER in_order AS next_game_date,
    avg(round(offensive_rating * 1e12)) OVER last_10 / 1e12 AS offensive_rating_last_10
  FROM team_offense_game_summary
  WINDOW
    in_order AS (
      PARTITION BY season, team
      ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
    ),
    last_10 AS (
      PARTITION BY season, team
      ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
      ROWS BETWEEN 9 PRECEDING AND CURRENT ROW
    )
)

SELECT
  c.game_date,
  c.player_id,
  c.player_lookup,
  c.season,
  c.game_id,
  c.game_code,
  c.team,
  c.opponent,
  c.context_source,
  a.points_avg_last_5,
  a.points_avg_last_10,
  a.points_avg_season,
  -- The variance times n(n - 1) is a whole number, so equal points deviate by exactly 0.
  sqrt(
    (a.games_10 * a.points_squared_10 - a.points_10 * a.points_10)
    / nullif(a.games_10 * (a.games_10 - 1), 0)
  ) AS points_std_last_10,
  a.minutes_avg_last_10,
  a.usage_rate_last_10,
  a.points_10 / nullif(2 * (a.fga_10 + 0.44 * CAST(a.fta_10 AS DOUBLE)), 0) AS ts_pct_last_10,
  CAST(a.appearances AS INTEGER) AS games_played_season,
  c.team_pace_last_10,
  g.offensive_rating_last_10 AS team_offensive_rating_last_10,
  c.games_last_7_days,
  c.games_last_14_days,
  c.minutes_last_7_days,
  c.minutes_last_14_days,
  c.back_to_backs_last_14_days,
  z.primary_scoring_zone,
  z.paint_rate_last_10,
  z.three_rate_last_10
FROM context AS c
-- The latest appearance before D.
JOIN after_appearance AS a
  ON a.player_id = c.player_id
  AND a.season = c.season
  AND a.game_date < c.game_date
  AND (a.next_game_date IS NULL OR a.next_game_date >= c.game_date)
-- The latest game of his team before D.
LEFT JOIN after_game AS g
  ON g.team = c.team
  AND g.season = c.season
  AND g.game_date < c.game_date
  AND (g.next_game_date IS NULL OR g.next_game_date >= c.game_date)
LEFT JOIN zones AS z
  ON z.game_date = c.game_date
  AND z.player_id = c.player_id
WHERE a.appearances >= 3
